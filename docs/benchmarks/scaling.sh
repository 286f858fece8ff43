#!/usr/bin/env bash
# Measures how the work grows with rows, threads and executors, as tables. Works in a temporary folder.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scaling.sh rows [ROWS ...]                one Spark job after another in one JVM (1000 10000 100000)
       scaling.sh tasks [TASKS ...]              the same job cut into so many tasks, in one JVM (10 1000 4000)
       scaling.sh threads MODEL.gguf [N ...]     submit.sh bench with N threads (1 and all processors)
       scaling.sh executors [N ...]              the same job on a standalone cluster of N executors with a core each,
                                                 all on this machine (1 2 3)

The jobs label headlines that the demo model's generator makes (needs python3), 4 tokens at most for each.

Environment:
  HEAP            heap of the JVM that computes (1g)
  ROWS            rows of the job with `executors` (20000) and `tasks` (4000)
  REPETITIONS     runs of each measurement; the best is shown (1)
  BENCH_OPTIONS   further options of submit.sh bench with `threads`
TEXT
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
heap=${HEAP:-1g}
repetitions=${REPETITIONS:-1}
work=$(mktemp -d)
daemons=()
settings=()

clean_up() {
  for daemon in ${daemons[@]+"${daemons[@]}"}; do
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT

numbers() {
  local number
  for number in "$@"; do
    case $number in
      '' | *[!0-9]* | 0*) fail "'$number' is not a whole number from 1" ;;
    esac
  done
}

load() {
  uptime | sed 's/.*load average[s]*: //; s/,.*//'
}

# Prompts of about 30 tokens with the chat template around them; ids from 0.
write_rows() {
  command -v python3 >/dev/null 2>&1 || fail "the generator of the rows needs python3"
  python3 - "$root/datasets/demo-model" "$1" >"$work/rows-$1.jsonl" <<'PYTHON'
import json
import sys

folder, count = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, folder)
sys.argv = ["corpus.py", "0", "20260303"]
import corpus

for i in range(count):
    # A number makes every prompt another: equal ones are computed once.
    print(json.dumps({"id": i, "text": f"{corpus.headline()[0]} ({i})"}))
PYTHON
}

write_configuration() {
  cat >"$work/job.yaml" <<YAML
model: $root/datasets/demo-model/promptmill-demo-q8_0.gguf
input:
  path: $work/rows.jsonl
  schema: id BIGINT, text STRING
  id: id
prompt:
  template: "Topic (sports, business, science, politics, food, travel): {{ text }}"
sampling:
  max_tokens: 4
output:
  path: $work/out
  mode: overwrite
YAML
}

# Runs the job over $1 rows with submit.sh's options that follow; sets tokens, seconds, and cpu: processor seconds of the
# JVM that was started, which other work on the machine hardly changes.
run_job() {
  local rows=$1 TIMEFORMAT='%U %S'
  shift
  { time "$root/submit.sh" "$@" run "$work/job.yaml" --set "input.path=$work/rows-$rows.jsonl" \
    ${settings[@]+"${settings[@]}"} >"$work/log" 2>&1; } 2>"$work/cpu" || {
    tail -n 20 "$work/log" >&2
    echo "error: the job has failed" >&2
    exit 1
  }
  cpu=$(awk 'END { printf "%.1f", $1 + $2 }' "$work/cpu")
  # "tokens 32,400 prompt, 2,000 completion" and "speed 1,880 tokens/s, ...": the job's own clock.
  read -r tokens seconds <<<"$(awk '{ gsub(/,/, "") } $1 == "tokens" { tokens = $2 + $4 }
    $1 == "speed" { printf "%d %.2f", tokens, tokens / $2 }' "$work/log")"
  grep -q '^errors  *0$' "$work/log" || fail "rows of the job have errors: $(grep '^errors' "$work/log")"
  [ "$(awk '{ gsub(/,/, "") } $1 == "rows" { print $2 }' "$work/log")" = "$rows" ] ||
    fail "the job wrote other than $rows rows"
}

# Runs the job over $1 rows in one JVM, as often as asked; sets best (seconds), cpu (the least), tokens and
# used (MiB after collection).
run_local() {
  local run least=
  best=
  used=0
  for ((run = 1; run <= repetitions; run++)); do
    PROMPTMILL_MEMORY=$heap JAVA_TOOL_OPTIONS="-Xlog:gc:file=$work/gc.log:tags:filecount=0" run_job "$1"
    best=$(awk -v a="$seconds" -v b="${best:-$seconds}" 'BEGIN { print (a < b ? a : b) }')
    least=$(awk -v a="$cpu" -v b="${least:-$cpu}" 'BEGIN { print (a < b ? a : b) }')
    used=$(awk -v most="$used" '/Pause/ && match($0, /->[0-9]+M/) { m = substr($0, RSTART + 2, RLENGTH - 3) + 0
      if (m > most) most = m } END { print most }' "$work/gc.log")
  done
  cpu=$least
}

measure_rows() {
  local counts=("$@") rows tokens seconds cpu best used last_rows=0 last_seconds=0 last_cpu=0
  numbers "${counts[@]}"
  write_configuration
  for rows in "${counts[@]}"; do
    write_rows "$rows"
  done
  printf '| rows | tokens | job, s | rows/s | ms for each further row | processor ms for each further row | heap after collection, MiB at most | load |\n'
  printf '| --- | --- | --- | --- | --- | --- | --- | --- |\n'
  for rows in "${counts[@]}"; do
    run_local "$rows"
    awk -v rows="$rows" -v tokens="$tokens" -v s="$best" -v last="$last_rows" -v before="$last_seconds" -v used="$used" \
      -v cpu="$cpu" -v cpu_before="$last_cpu" -v load="$(load)" \
      'BEGIN { printf "| %d | %d | %.1f | %.0f | %.2f | %.2f | %d | %s |\n", rows, tokens, s, rows / s,
      1000 * (s - before) / (rows - last), 1000 * (cpu - cpu_before) / (rows - last), used, load }'
    last_rows=$rows
    last_seconds=$best
    last_cpu=$cpu
  done
  printf '\nHeap of the JVM: %s. The first row of the table carries the start of Spark and of the model.\n' "$heap"
}

measure_tasks() {
  local counts=("$@") rows=${ROWS:-4000} count bytes files tokens seconds cpu best used
  numbers "${counts[@]}" "$rows"
  write_configuration
  write_rows "$rows"
  bytes=$(wc -c <"$work/rows-$rows.jsonl")
  printf '| tasks | files | job, s | processor s | heap after collection, MiB at most | load |\n| --- | --- | --- | --- | --- | --- |\n'
  for count in "${counts[@]}"; do
    [ "$count" -le "$rows" ] || fail "$count tasks need as many rows; set ROWS"
    settings=(--set "spark.spark.sql.files.maxPartitionBytes=$(((bytes + count - 1) / count))")
    run_local "$rows"
    files=$(find "$work/out" -name 'part-*' | wc -l)
    printf '| %d | %d | %.1f | %.1f | %d | %s |\n' "$count" "$files" "$best" "$cpu" "$used" "$(load)"
  done
  printf '\n%d rows each time; a task without a row writes no file. Heap of the JVM: %s.\n' "$rows" "$heap"
}

measure_threads() {
  [ $# -ge 1 ] || fail "threads needs a model; see scaling.sh --help"
  local model=$1 counts run n rate best=() i
  [ -f "$model" ] || fail "there is no model file '$model'"
  shift
  counts=("$@")
  [ $# -gt 0 ] || counts=(1 "$(getconf _NPROCESSORS_ONLN)")
  numbers "${counts[@]}"
  # In turns, so that what else the machine does meets all alike.
  for ((run = 1; run <= repetitions; run++)); do
    for i in "${!counts[@]}"; do
      # shellcheck disable=SC2086
      "$root/submit.sh" bench --model "$model" --threads "${counts[$i]}" ${BENCH_OPTIONS:-} >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        echo "error: submit.sh bench has failed" >&2
        exit 1
      }
      rate=$(awk '$1 == "total_tokens_per_second" { print $2 }' "$work/log")
      best[$i]=$(awk -v a="$rate" -v b="${best[$i]:-0}" 'BEGIN { print (a > b ? a : b) }')
    done
  done
  printf '| threads | tokens/s | of the first |\n| --- | --- | --- |\n'
  for i in "${!counts[@]}"; do
    awk -v n="${counts[$i]}" -v a="${best[$i]}" -v b="${best[0]}" 'BEGIN { printf "| %d | %.1f | %.2f |\n", n, a, a / b }'
  done
  printf '\n%s, load %s.\n' "$(basename "$model")" "$(load)"
}

# Starts a daemon of the cluster and waits until its log has $2; the rest is its class and arguments.
start_daemon() {
  local name=$1 ready=$2 tries
  shift 2
  SPARK_HOME=$work/spark SPARK_SCALA_VERSION=2.13 OMP_NUM_THREADS=1 \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx256m -cp "$class_path" "$1" --host 127.0.0.1 --port 0 --webui-port 0 \
    "${@:2}" >"$work/$name.log" 2>&1 &
  daemons+=($!)
  for ((tries = 0; tries < 600; tries++)); do
    grep -qs "$ready" "$work/$name.log" && return 0
    kill -0 "${daemons[-1]}" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "$work/$name.log" >&2
  fail "$name did not come up"
}

# A standalone cluster from the jars that Maven fetched, with a core for each of $1 workers.
start_cluster() {
  local i jar
  class_path=$(cat "$root/job/target/classpath.txt")
  mkdir -p "$work/spark/jars"
  while read -r -d : jar; do
    ln -sf "$jar" "$work/spark/jars/"
  done <<<"$class_path:"
  start_daemon master 'Starting Spark master at' org.apache.spark.deploy.master.Master
  master=$(sed -n 's/.*Starting Spark master at \(spark:[^ ]*\).*/\1/p' "$work/master.log")
  for ((i = 0; i < $1; i++)); do
    start_daemon "worker-$i" 'Successfully registered with master' org.apache.spark.deploy.worker.Worker \
      --cores 1 --memory "$heap" --work-dir "$work/worker-$i" "$master"
  done
}

measure_executors() {
  local counts=("$@") rows=${ROWS:-20000} most=0 n i run tokens seconds loads best=()
  numbers "${counts[@]}" "$rows"
  [ -z "${SPARK_HOME:-}" ] || fail "SPARK_HOME is set; this measures the jars that Maven fetched, unset it"
  # Builds where needed.
  "$root/submit.sh" --version >/dev/null
  for n in "${counts[@]}"; do
    most=$((n > most ? n : most))
  done
  write_configuration
  write_rows "$rows"
  start_cluster "$most"
  for ((run = 1; run <= repetitions; run++)); do
    for i in "${!counts[@]}"; do
      n=${counts[$i]}
      # As many cores as executors: each worker has one, and they are spread out. Short tasks, so that none waits long.
      run_job "$rows" --master "$master" --conf "spark.cores.max=$n" --conf spark.executor.cores=1 \
        --conf "spark.executor.memory=$heap" --conf spark.driver.host=127.0.0.1
      loads=$(awk '$1 == "model" && $2 == "loads" { print $3 }' "$work/log")
      [ "$loads" = "$n" ] || echo "$n executors loaded the model $loads times" >&2
      best[$i]=$(awk -v a="$seconds" -v b="${best[$i]:-$seconds}" 'BEGIN { print (a < b ? a : b) }')
    done
  done
  printf '| executors | job, s | rows/s | of the first |\n| --- | --- | --- | --- |\n'
  for i in "${!counts[@]}"; do
    awk -v n="${counts[$i]}" -v rows="$rows" -v s="${best[$i]}" -v first="${best[0]}" \
      'BEGIN { printf "| %d | %.1f | %.0f | %.2f |\n", n, s, rows / s, first / s }'
  done
  printf '\n%d rows, one core for each executor, %s processors, load %s.\n' \
    "$rows" "$(getconf _NPROCESSORS_ONLN)" "$(load)"
}

[ $# -ge 1 ] || {
  usage >&2
  exit 2
}
numbers "$repetitions"
kind=$1
shift
case $kind in
  -h | --help) usage ;;
  rows)
    [ $# -gt 0 ] || set -- 1000 10000 100000
    measure_rows "$@"
    ;;
  tasks)
    [ $# -gt 0 ] || set -- 10 1000 4000
    measure_tasks "$@"
    ;;
  threads) measure_threads "$@" ;;
  executors)
    [ $# -gt 0 ] || set -- 1 2 3
    measure_executors "$@"
    ;;
  *) fail "'$kind' is none of rows, tasks, threads, executors; see scaling.sh --help" ;;
esac
