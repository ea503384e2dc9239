# One image for every Airflow component: the project's own locked environment plus what a scaled-out Airflow needs.
FROM python:3.11-slim-bookworm

# git: the registers source reads a checkout, and anchors may be tags; ssh-keygen signs those. libgomp1: wheels that the
# lock holds link to it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make libgomp1 openssh-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/soc2
COPY Makefile pyproject.toml requirements.lock ./
COPY plugins plugins
RUN make setup \
    && VIRTUAL_ENV=/opt/soc2/.venv .venv/bin/uv pip install --quiet \
        apache-airflow==3.3.2 \
        apache-airflow-providers-celery==3.26.0 \
        apache-airflow-providers-postgres==7.1.1 \
        celery==5.6.3 \
        redis==8.1.0 \
        psycopg2-binary==2.9.13 \
        asyncpg==0.32.0 \
    && .venv/bin/uv cache clean --quiet
COPY dags dags
COPY dbt_project dbt_project

RUN useradd --uid 50000 --gid 0 --create-home airflow \
    && install --directory --owner=airflow --group=root --mode=0770 \
        /var/lib/soc2 /var/lib/soc2/airflow /var/lib/soc2/airflow/logs /var/lib/soc2/published
USER airflow

ENV PATH=/opt/soc2/.venv/bin:$PATH \
    SOC2_HOME=/var/lib/soc2 \
    AIRFLOW_HOME=/var/lib/soc2/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/soc2/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/soc2/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
ENTRYPOINT ["airflow"]
