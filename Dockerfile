# The server, as a user without privileges, with its kernels compiled. Build: docker build -t memgraph-py .
FROM python:3.12-slim

# Compiled for any processor of the architecture, so that the cache made here is the one used there.
ENV NUMBA_CPU_NAME=generic \
    MEMGRAPH_KERNEL_CACHE=/var/cache/memgraph-py \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1

RUN useradd --system --create-home --uid 10001 memgraph \
 && mkdir -p /data "$MEMGRAPH_KERNEL_CACHE" \
 && chown memgraph:memgraph /data "$MEMGRAPH_KERNEL_CACHE"

WORKDIR /source
COPY pyproject.toml README.md ./
COPY grammar ./grammar
COPY memgraph_py ./memgraph_py
RUN pip install . && rm -rf /source

USER memgraph
WORKDIR /home/memgraph
RUN python -c "import importlib, pkgutil, memgraph_py.kernels as kernels; \
[importlib.import_module(module.name) for module in pkgutil.iter_modules(kernels.__path__, 'memgraph_py.kernels.')]"

# There is no authentication: publish these ports to people and machines that may read and write everything.
ENV MEMGRAPH_BOLT_ADDRESS=0.0.0.0 \
    MEMGRAPH_HTTP_ADDRESS=0.0.0.0 \
    MEMGRAPH_DATA_DIRECTORY=/data
VOLUME /data
EXPOSE 7687 7474
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7474/health', timeout=2)"]
ENTRYPOINT ["memgraph-py"]
CMD ["serve"]
