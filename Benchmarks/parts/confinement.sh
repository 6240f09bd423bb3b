# What the walls around the scratch server cost: with and without the operating system's, and with an older dbtool where BEFORE names
# one; in turn, in one run.
echo "the walls around the scratch server (median of nine)"
(
unset PGHOST PGUSER PGDATABASE
mkdir -p "$work/walls/migrations"
cd "$work/walls"
cp "$OLDPWD"/migrations/*.sql migrations/
# An older dbtool does not know this line.
grep -v '^database ' "$OLDPWD/schema.lock" > schema.lock
echo 'SELECT 1;' > nothing.sql
printf 'BEGIN;\nALTER TABLE webinar.sync_rejects DROP COLUMN resolved_at;\nCOMMIT;\n' > migrations/29990101000000_back.sql
cold() { DBTOOL_RUNTIME_DIR=$work/cold-$RANDOM$RANDOM DBTOOL_SCRATCH_IDLE_SECONDS=1 "$@"; }
unconfined() { DBTOOL_CONFINEMENT=off "$@"; }
compare() {
  local what=$1; shift
  line "$what" "$(median "${prefix[@]}" "$dbtool" "$@")"
  line "$what, not confined" "$(median unconfined "${prefix[@]}" "$dbtool" "$@" ${vouched:-})"
  if [ -n "${BEFORE:-}" ]; then line "$what, before" "$(median "${prefix[@]}" "$BEFORE" "$@")"; fi
}
for tool in "$dbtool" ${BEFORE:-}; do "$tool" dump nothing.sql > /dev/null 2>&1 || true; "$tool" plan > /dev/null 2>&1 || true; done
prefix=(cold); vouched=--trust-source compare "a server is started, and a statement loaded" dump nothing.sql
prefix=(cold); vouched='' compare "plan of the platform with one change, nothing cached" plan
prefix=(env); vouched='' compare "plan of the platform with one change, again" plan
)
