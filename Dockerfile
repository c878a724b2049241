# The course for a class on JupyterHub (DockerSpawner, KubeSpawner), or alone:
#   docker build -t inception . && docker run -p 8888:8888 inception jupyter lab --ip=0.0.0.0
FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 make dataset-fashion-mnist \
      $(test "$(dpkg --print-architecture)" = arm64 && echo libopenblas0-pthread liblapacke || echo libquadmath0) \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/inception
COPY . .
# one environment, installed as everywhere else, and what a hub starts in it; compiled here, where it
# can be written: students only read it
RUN export UV_COMPILE_BYTECODE=1 && make setup \
 && python3 tools/bootstrap.py --add --deps 'jupyterhub==5.4.*' && rm -rf ~/.cache
# one cache for the whole class: resized once, here; students read it and cannot write it
ENV D2L_EXT_CACHE=/opt/fashion-mnist PATH=/opt/inception/.venv/bin:$PATH
RUN python -c "import d2l_ext; [d2l_ext.load_data_fashion_mnist(1, n, sample='lecture') for n in (48, 96)]" \
 && chmod -R a-w,a+rX /opt/fashion-mnist
RUN useradd --create-home --shell /bin/bash student && cp -r notebooks /home/student/ \
 && chown -R student /home/student/notebooks
USER student
WORKDIR /home/student
CMD ["jupyterhub-singleuser", "--ip=0.0.0.0"]
