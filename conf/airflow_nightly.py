"""The job of conf/nightly.yaml, each night, with Airflow and its provider for Spark.

The connection `spark_default` names the master (host `yarn`, or `spark://HOST`, port 7077) and may name the binary and
the deploy mode in its extra. A worker of Airflow needs spark-submit and the files below.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

HOME = "/opt/promptmill"

with DAG(
    dag_id="promptmill_nightly",
    schedule="30 1 * * *",
    start_date=datetime(2025, 1, 1),
    # A run takes all files that came since the one before: nights that were missed need no run of their own.
    catchup=False,
    # Two runs must not write to the same output at the same time.
    max_active_runs=1,
) as dag:
    SparkSubmitOperator(
        task_id="summarise_tickets",
        conn_id="spark_default",
        name="promptmill-nightly",
        java_class="io.promptmill.job.Main",
        application=f"{HOME}/job/target/promptmill.jar",
        application_args=["run", f"{HOME}/conf/nightly.yaml"],
        properties_file=f"{HOME}/conf/yarn.conf",
        deploy_mode="client",
        # A retry goes on where the attempt before ended: output.mode is resume.
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
    )
