# What the walls around the scratch server cost: with and without the operating system's, and with an older dbtool where BEFORE names
# one; in turn, in one run.
echo "the walls around the scratch server (median of nine)"
(
unset PGHOST PGUSER PGDATABASE
# A project with one change to plan for each tool: the last migration takes away what is declared, and stands in the tool's own lock.
project() {
  mkdir -p "$2/migrations"
  cp "$here"/migrations/*.sql "$2/migrations/"
  # An older dbtool does not know this line.
  grep -v '^database ' "$here/schema.lock" > "$2/schema.lock"
  printf 'BEGIN;\nALTER TABLE webinar.sync_rejects DROP COLUMN resolved_at;\nCOMMIT;\n' > "$2/migrations/29990101000000_back.sql"
  echo 'SELECT 1;' > "$2/nothing.sql"
  (cd "$2" && "$1" dump nothing.sql && "$1" plan --update-lock && "$1" plan) > /dev/null
}
here=$PWD
project "$dbtool" "$work/walls"
[ -z "${BEFORE:-}" ] || project "$BEFORE" "$work/walls-before"
cold() { DBTOOL_RUNTIME_DIR=$work/cold-$RANDOM$RANDOM DBTOOL_SCRATCH_IDLE_SECONDS=1 "$@"; }
unconfined() { DBTOOL_CONFINEMENT=off "$@"; }
compare() {
  local what=$1; shift
  cd "$work/walls"
  line "$what" "$(median "${prefix[@]}" "$dbtool" "$@")"
  line "$what, not confined" "$(median unconfined "${prefix[@]}" "$dbtool" "$@" ${vouched:-})"
  if [ -n "${BEFORE:-}" ]; then cd "$work/walls-before"; line "$what, before" "$(median "${prefix[@]}" "$BEFORE" "$@")"; fi
}
prefix=(cold); vouched=--trust-source compare "a server is started, and a statement loaded" dump nothing.sql
prefix=(cold); vouched='' compare "plan of the platform with one change, nothing cached" plan
prefix=(env); vouched='' compare "plan of the platform with one change, again" plan
)
