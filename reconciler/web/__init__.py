"""HTTP: the older service's requests, the read API, health, metrics, webhooks and the dashboard.

Law: served by a process of its own, which never touches the daemon. It reads PostgreSQL and the status view,
writes manifests, and asks for passes through PostgreSQL, as a command does. Every route says which scope it
needs. Nothing is gathered here: who needs the daemon's end alone shall not load a web framework.
"""
