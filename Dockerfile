# The daemon alone: PostgreSQL and Redis are elsewhere (docker-compose.yml brings them along).
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# Wheels only, every one by its hash: nothing is compiled, and the layer stays while the locks do.
COPY requirements/runtime.lock requirements/build.lock requirements/
RUN python -m venv --without-pip /opt/reconciler
RUN pip --python /opt/reconciler/bin/python install --only-binary :all: --require-hashes -r requirements/runtime.lock
RUN python -m venv --without-pip /opt/build
RUN pip --python /opt/build/bin/python install --only-binary :all: --require-hashes -r requirements/build.lock

COPY pyproject.toml README.md LICENSE ./
COPY reconciler/ reconciler/
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir /opt/wheels .
RUN pip --python /opt/reconciler/bin/python install --no-deps --no-index /opt/wheels/*.whl

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title=reconciler
LABEL org.opencontainers.image.description="Keeps PostgreSQL equal to a folder of YAML manifests."
LABEL org.opencontainers.image.version=0.1.0
LABEL org.opencontainers.image.licenses=Apache-2.0
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin reconciler
# Nothing is written there unless a volume is mounted: it takes the owner of the folder.
RUN install --directory --owner=10001 --mode=755 /run/reconciler
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The container's own loopback would serve nobody. Beyond it everything but /livez and /readyz takes a token.
ENV RECONCILER_HTTP=0.0.0.0:8000
EXPOSE 8000
# Manifests are looked for in /srv/manifests.
WORKDIR /srv
USER 10001
STOPSIGNAL SIGTERM
# The daemon alone: a mistake in a manifest is no reason to restart anything.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["reconciler", "status", "--daemon"]
ENTRYPOINT ["reconciler"]
CMD ["run"]
