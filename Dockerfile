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
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin reconciler
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Manifests are looked for in /srv/manifests.
WORKDIR /srv
USER 10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["reconciler"]
CMD ["run"]
