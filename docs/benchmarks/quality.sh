#!/usr/bin/env bash
# Prints what each precision costs in quality, as a table: divergence from f32, agreement, perplexity.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: quality.sh [--model MODEL.gguf --text FILE] [--conformance FOLDER] [PRECISION ...]

Sends held-out text through a model in f32 and in each PRECISION (default: auto).
  --model, --text   another model and its text: plain, or .jsonl with `text` or `messages` in each line (default: the
                    demo model, and 1,000 documents that its generator makes from a seed of their own)
  --conformance     folder with architectures/ and quants/ (default: the copies among the test resources)
TEXT
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
seed=20260202 # neither of training (1 to 5), nor of evaluation (999), nor of the sample datasets (20260101)
documents=1000
model=
text=
conformance=$root/udf/src/test/resources/conformance
precisions=

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --model | --text | --conformance)
      [ $# -ge 2 ] || fail "$1 needs a value; see quality.sh --help"
      [ -e "$2" ] || fail "$1 is '$2', which does not exist"
      path=$(cd "$(dirname "$2")" && pwd -P)/$(basename "$2")
      case $1 in
        --model) model=$path ;;
        --text) text=$path ;;
        *) conformance=$path ;;
      esac
      shift 2
      ;;
    -*) fail "$1 is not an option; see quality.sh --help" ;;
    *)
      precisions=${precisions:+$precisions,}$1
      shift
      ;;
  esac
done
[ -z "$model" ] || [ -n "$text" ] || fail "--model needs --text; see quality.sh --help"
case $root$model$text$conformance in
  *[[:space:]]*) fail "Maven passes the paths on as words; give paths without spaces" ;;
esac

if [ -z "$text" ]; then
  command -v python3 >/dev/null 2>&1 || fail "the generator of the text needs python3; or give --model and --text"
  mkdir -p "$root/udf/target"
  text=$root/udf/target/held-out.jsonl
  python3 "$root/datasets/demo-model/corpus.py" "$documents" "$seed" >"$text"
fi

cd "$root"
mvn -B -q -Pbenchmark -pl udf -DskipTests verify \
  -Dbenchmark.class=io.promptmill.udf.engine.QualityReport \
  -Djmh.arguments="--text ${model:-$root/datasets/demo-model/promptmill-demo-q8_0.gguf} $text \
--conformance $conformance ${precisions:-auto}"
