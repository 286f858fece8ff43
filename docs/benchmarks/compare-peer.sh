#!/usr/bin/env bash
# Runs one job with Promptmill and with llama.cpp in turns and prints both rates.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: compare-peer.sh MODEL.gguf PEER [--prompts P] [--prompt-tokens T] [--generate-tokens G] [--threads N]
                       [--repetitions R] [--precision PRECISION] [--peer-options "..."]

PEER is the path of a llama-batched-bench binary of llama.cpp (or of a fork of it with the same options and table).
The job: P prompts (32) of T random tokens (128), G tokens generated for each (32), N threads (all processors), R
times (3) in each program, one after the other. A rate is P * (T + G) tokens by the whole job's time, the loading of
the model left out in both. What is printed besides: the best and the median of each, and their ratios.
On a machine that shares its host only the runs of one call compare.
TEXT
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

prompts=32
prompt_tokens=128
generate_tokens=32
threads=$(getconf _NPROCESSORS_ONLN)
repetitions=3
precision=auto
peer_options=()
operands=()
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

number() {
  case $2 in
    '' | *[!0-9]* | 0*) fail "$1 is '$2'; expected a whole number from 1" ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --prompts | --prompt-tokens | --generate-tokens | --threads | --repetitions | --precision | --peer-options)
      [ $# -ge 2 ] || fail "$1 needs a value; see compare-peer.sh --help"
      case $1 in
        --precision) precision=$2 ;;
        # shellcheck disable=SC2206
        --peer-options) peer_options=($2) ;;
        *) number "$1" "$2" ;;
      esac
      case $1 in
        --prompts) prompts=$2 ;;
        --prompt-tokens) prompt_tokens=$2 ;;
        --generate-tokens) generate_tokens=$2 ;;
        --threads) threads=$2 ;;
        --repetitions) repetitions=$2 ;;
      esac
      shift 2
      ;;
    -*) fail "$1 is not an option; see compare-peer.sh --help" ;;
    *)
      operands+=("$1")
      shift
      ;;
  esac
done
[ ${#operands[@]} -eq 2 ] || fail "expected a model and a peer, got ${#operands[@]} of them; see compare-peer.sh --help"
model=${operands[0]}
peer=${operands[1]}
[ -f "$model" ] || fail "there is no model file '$model'"
[ -f "$peer" ] || fail "there is no peer binary '$peer'; build llama.cpp's target llama-batched-bench and give its path"
[ -x "$peer" ] || fail "'$peer' is not executable"

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
tokens=$((prompts * (prompt_tokens + generate_tokens)))
# Room for all sequences, with the tenth more that the peer rounds up to itself.
context=$((tokens + tokens / 10))

# Prints a program's messages and stops.
broken() {
  tail -n 20 "$logs/log" >&2
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# The last row of the peer's table; its last but one column is the time of the whole job in seconds.
run_peer() {
  "$peer" -m "$model" -c "$context" -b 2048 -ub 512 -npp "$prompt_tokens" -ntg "$generate_tokens" -npl "$prompts" \
    -t "$threads" -fa on ${peer_options[@]+"${peer_options[@]}"} >"$logs/log" 2>&1 || broken "'$peer' has failed"
  rate=$(awk -F '|' -v tokens="$tokens" '/^\|[ 0-9.|]+$/ && NF == 12 && $11 > 0 { rate = tokens / $10 }
    END { if (rate) printf "%.1f", rate }' "$logs/log")
  [ -n "$rate" ] || broken "'$peer' printed no table of llama-batched-bench"
}

run_promptmill() {
  "$root/submit.sh" bench --model "$model" --prompts "$prompts" --prompt-tokens "$prompt_tokens" \
    --generate-tokens "$generate_tokens" --threads "$threads" --precision "$precision" >"$logs/log" 2>&1 ||
    broken "submit.sh bench has failed"
  rate=$(awk '$1 == "total_tokens_per_second" { printf "%.1f", $2 }' "$logs/log")
  used=$(awk '$1 == "precision" { print $2 }' "$logs/log")
  [ -n "$rate" ] || broken "submit.sh bench printed no rate"
}

# Best and median of a file with a number on each line.
summary() {
  sort -n "$1" | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "%.1f %.1f", v[NR], m }'
}

printf '%s: %s prompts of %s tokens, %s generated for each, %s threads\n\n' \
  "$(basename "$model")" "$prompts" "$prompt_tokens" "$generate_tokens" "$threads"
printf '| run | Promptmill, tokens/s | peer, tokens/s | ratio | load average |\n| --- | --- | --- | --- | --- |\n'
for ((run = 1; run <= repetitions; run++)); do
  run_promptmill
  ours=$rate
  run_peer
  theirs=$rate
  echo "$ours" >>"$logs/ours"
  echo "$theirs" >>"$logs/theirs"
  load=$(uptime | sed 's/.*load average[s]*: //; s/,.*//')
  awk -v n="$run" -v a="$ours" -v b="$theirs" -v load="$load" \
    'BEGIN { printf "| %s | %s | %s | %.2f | %s |\n", n, a, b, a / b, load }'
done
read -r best median <<<"$(summary "$logs/ours")"
read -r peer_best peer_median <<<"$(summary "$logs/theirs")"
awk -v a="$best" -v b="$peer_best" -v c="$median" -v d="$peer_median" 'BEGIN {
  printf "| best | %s | %s | %.2f | |\n| median | %s | %s | %.2f | |\n", a, b, a / b, c, d, c / d }'
printf '\nprecision %s\n' "$used"
