"""PostgreSQL: tables, the look at what is there, the transaction that changes it, and who may write.

Law: rows in, values out, and back; no decision is taken here. SQL is set-based and bound: values never
become part of a statement's text. No error of the driver leaves.
"""
