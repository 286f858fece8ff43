#!/usr/bin/env bash
# Runs Promptmill: embedded in one JVM by default, through spark-submit where SPARK_HOME is set or --master is given.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: submit.sh                                     runs conf/demo.yaml
       submit.sh [SPARK OPTION ...] run CONF.yaml [--set KEY.PATH=VALUE ...]
       submit.sh show|inspect|tokenize|bench ...     see submit.sh COMMAND --help
       submit.sh --help | --version

Without SPARK OPTIONs and without SPARK_HOME a job runs in this machine's one JVM (local[*]). With SPARK_HOME set, or
with --master URL, it goes through spark-submit, which gets every option before `run` (--deploy-mode, --conf,
--num-executors, --files, ...).

Environment:
  PROMPTMILL_MEMORY   heap of the local JVM, such as 8g (default: half of the memory, of the container's limit too)
  JAVA_HOME           JDK 17 or later (default: java of the PATH)
  SPARK_HOME          Spark 4 distribution (default: the jars that Maven fetched)
  PROMPTMILL_CACHE    folder for models that are fetched (default: one of yours among the temporary files)
  HF_TOKEN            your token, for private and gated models of the Hugging Face hub
  HF_ENDPOINT         a mirror of the hub
TEXT
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

# The folder of this script, through symbolic links.
source=${BASH_SOURCE[0]}
while [ -L "$source" ]; do
  link=$(readlink "$source")
  case $link in
    /*) source=$link ;;
    *) source=$(dirname "$source")/$link ;;
  esac
done
root=$(cd "$(dirname "$source")" && pwd -P)
jar=$root/job/target/promptmill.jar
class_path_file=$root/job/target/classpath.txt
properties=$root/job/target/classes/io/promptmill/job/promptmill.properties
vector_module=--add-modules=jdk.incubator.vector

java=java
[ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java

check_java() {
  command -v "$java" >/dev/null 2>&1 ||
    fail "no java found (looked for '$java'); install a JDK 17 or later, or set JAVA_HOME"
  java_major=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  if [ -z "$java_major" ] || [ "$java_major" -lt 17 ]; then
    fail "'$java' is version ${java_major:-unknown}; Promptmill needs JDK 17 or later, set JAVA_HOME"
  fi
}

# Older than its sources, or its class path names jars that are gone.
build_needed() {
  [ -f "$jar" ] && [ -f "$class_path_file" ] && [ -f "$properties" ] || return 0
  [ -z "$(find "$root/pom.xml" "$root/udf/pom.xml" "$root/job/pom.xml" "$root/udf/src/main" "$root/job/src/main" \
    -type f -newer "$jar" -print)" ] || return 0
  [ -f "$(cut -d : -f 1 "$class_path_file")" ] || return 0
  return 1
}

build() {
  command -v mvn >/dev/null 2>&1 ||
    fail "Promptmill is not built yet and there is no mvn on the PATH; install Maven 3.8 or later"
  command -v "$(dirname "$java")/javac" >/dev/null 2>&1 || command -v javac >/dev/null 2>&1 ||
    fail "'$java' belongs to a runtime without a compiler; install a JDK 17 or later, or set JAVA_HOME"
  echo "building Promptmill (mvn -DskipTests package); the first time, Maven also fetches Spark" >&2
  (cd "$root" && mvn -q -B -DskipTests package) >&2 || fail "the build has failed; see the messages above"
}

# The memory that this process may use, in bytes: the machine's, or a container's limit below it. Nothing where unknown.
available_memory() {
  {
    [ -r /proc/meminfo ] && awk '/^MemTotal:/ { printf "%.0f\n", $2 * 1024 }' /proc/meminfo
    [ -r /proc/meminfo ] || sysctl -n hw.memsize 2>/dev/null
    # Of control groups, version 2 and 1; "max" or a number beyond the machine's memory is no limit.
    cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null
    # Without a namespace of its own, the group lies below the root.
    sed -n -e 's|^0::\(/.*\)|/sys/fs/cgroup\1/memory.max|p' \
      -e 's|^[0-9]*:memory:\(/.*\)|/sys/fs/cgroup/memory\1/memory.limit_in_bytes|p' /proc/self/cgroup 2>/dev/null |
      while read -r limit; do cat "$limit" 2>/dev/null; done || true
  } | awk '/^[0-9]+$/ && ($1 + 0 < least || least == 0) { least = $1 + 0 } END { if (least) printf "%.0f\n", least }'
}

# Half of the available memory in MiB, 4 GiB where it is not known.
default_memory() {
  local bytes
  bytes=$(available_memory) || true
  if [ -n "$bytes" ]; then
    echo "$((bytes / 2097152))m"
  else
    echo 4g
  fi
}

spark_options=()
extra_files=
master=
deploy_mode=client
driver_memory=
driver_options=$vector_module
executor_options=$vector_module

# Keeps what is said about Java options: a second --conf of the same key would replace ours.
take_conf() {
  case $1 in
    spark.driver.extraJavaOptions=*) driver_options="$driver_options ${1#*=}" ;;
    spark.executor.extraJavaOptions=*) executor_options="$executor_options ${1#*=}" ;;
    spark.driver.memory=*) driver_memory=${1#*=} ;;
    spark.master=*) master=${1#*=} ;;
    spark.submit.deployMode=*) deploy_mode=${1#*=} ;;
    *) spark_options+=(--conf "$1") ;;
  esac
}

take_option() {
  case $1 in
    --master) master=$2 ;;
    --deploy-mode) deploy_mode=$2 ;;
    --driver-memory) driver_memory=$2 ;;
    --driver-java-options) driver_options="$driver_options $2" ;;
    --files) extra_files=$2 ;;
    --conf | -c) take_conf "$2" ;;
    *) spark_options+=("$1" "$2") ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -V | --version) break ;;
    --supervise | --verbose | -v)
      spark_options+=("$1")
      shift
      ;;
    --*=*)
      take_option "${1%%=*}" "${1#*=}"
      shift
      ;;
    -*)
      [ $# -ge 2 ] || fail "$1 needs a value; see submit.sh --help"
      take_option "$1" "$2"
      shift 2
      ;;
    *) break ;;
  esac
done

check_java
if build_needed; then
  build
fi

if [ $# -eq 0 ]; then
  echo "running the demo: submit.sh run conf/demo.yaml" >&2
  cd "$root"
  set -- run conf/demo.yaml
fi

export OMP_NUM_THREADS=1
memory=${PROMPTMILL_MEMORY:-$(default_memory)}
log_options=-Dlog4j2.configurationFile=file:$root/conf/log4j2.properties
terminal_options=-Dpromptmill.columns=${COLUMNS:-$(tput cols 2>/dev/null || echo 120)}
# What these two print is the answer; which kernels compute it is not asked.
case $1 in
  inspect | tokenize) terminal_options="$terminal_options -Dpromptmill.log=warn" ;;
esac
[ -t 2 ] && terminal_options="$terminal_options -Dpromptmill.terminal=true"
class_path=$(cat "$class_path_file")
# What Spark needs to be opened to it, as the build knows it.
# shellcheck disable=SC2207
opens=($(sed -n 's/^java\.options=//p' "$properties"))
[ "$java_major" -ge 24 ] && opens+=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)

# shellcheck disable=SC2206
terminal=($terminal_options)
asked=${#spark_options[@]}
if [ "$1" != run ] || { [ -z "${SPARK_HOME:-}" ] && [ -z "$master" ] && [ "$asked" -eq 0 ]; }; then
  # shellcheck disable=SC2086
  exec "$java" ${driver_options} "${opens[@]}" "-Xmx${driver_memory:-$memory}" "$log_options" "${terminal[@]}" \
    -cp "$jar:$class_path" io.promptmill.job.Main "$@"
fi

# The driver of a cluster runs elsewhere: its configuration travels along and is found by its name.
if [ "$deploy_mode" = cluster ] && [ $# -ge 2 ] && [ -f "$2" ]; then
  configuration=$2
  shift 2
  set -- run "$(basename "$configuration")" "$@"
  extra_files=${extra_files:+$extra_files,}$configuration
fi
if [ "$deploy_mode" = client ]; then
  driver_options="$driver_options $log_options $terminal_options"
fi
case ${master:-local} in
  local*) driver_memory=${driver_memory:-$memory} ;;
esac

[ -n "$master" ] && spark_options+=(--master "$master")
[ -n "$extra_files" ] && spark_options+=(--files "$extra_files")
[ -n "$driver_memory" ] && spark_options+=(--driver-memory "$driver_memory")
spark_options+=(
  --deploy-mode "$deploy_mode"
  --class io.promptmill.job.Main
  --conf "spark.driver.extraJavaOptions=$driver_options"
  --conf "spark.executor.extraJavaOptions=$executor_options"
  --conf spark.executorEnv.OMP_NUM_THREADS=1
)

if [ -n "${SPARK_HOME:-}" ]; then
  [ -x "$SPARK_HOME/bin/spark-submit" ] || fail "SPARK_HOME is '$SPARK_HOME', which has no bin/spark-submit"
  exec "$SPARK_HOME/bin/spark-submit" "${spark_options[@]}" "$jar" "$@"
fi
# shellcheck disable=SC2086
exec "$java" ${driver_options} "${opens[@]}" "-Xmx${driver_memory:-1g}" -cp "$class_path" \
  org.apache.spark.deploy.SparkSubmit "${spark_options[@]}" "$jar" "$@"
