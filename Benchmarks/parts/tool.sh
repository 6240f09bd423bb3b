# dbtool's own commands, on its embedded servers.
echo "dbtool ($(stat -c %s "$dbtool" | awk '{ printf "%.0f MB", $1 / 1e6 }'))"
(
unset PGHOST PGUSER PGDATABASE
mkdir -p "$work/project"; cp -r migrations schema.lock seeds "$work/project/"
cd "$work/project"
line "--help (process start)" "$(median "$dbtool" --help)"
runtime=$work/runtime
cold() { DBTOOL_RUNTIME_DIR=$runtime-$RANDOM$RANDOM DBTOOL_SCRATCH_IDLE_SECONDS=1 "$dbtool" diff --from empty --to migrations; }
"$dbtool" diff --from empty --to migrations > /dev/null
line "scratch cold: start a server, replay, read, diff" "$(median cold)"
line "scratch warm: the same, replayed before" "$(median "$dbtool" diff --from empty --to migrations)"
"$dbtool" plan > /dev/null
line "plan, nothing to do, warm (goal 300 ms)" "$(median "$dbtool" plan)"
"$dbtool" apply > /dev/null 2>&1
line "drift, embedded server (goal 200 ms)" "$(median "$dbtool" drift)"
line "apply, nothing pending" "$(median "$dbtool" apply)"
start=$(date +%s%N); "$dbtool" reset --seed > /dev/null 2>&1; end=$(date +%s%N)
line "reset --seed" "$(((end - start) / 1000000)) ms"
printf 'BEGIN;\nALTER TABLE webinar.sync_rejects DROP COLUMN resolved_at;\nCOMMIT;\n' > migrations/29990101000000_back.sql
"$dbtool" plan --update-lock > /dev/null
line "plan with one change, with proof (goal 1500 ms)" "$(median "$dbtool" plan)"
)
