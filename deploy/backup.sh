#!/bin/sh
# Writes a backup of the whole database to $BACKUP_DIR (/backups): one file, in PostgreSQL's custom format, whole or not at all.
# Removes backups older than $BACKUP_KEEP_DAYS (14): they hold what athletes have had erased since.
#
#   docker compose -f deploy/compose.production.yml run --rm backup
#
# Elsewhere: with pg_dump of the server's version or newer, psql, and libpq's variables (PGHOST, PGUSER, PGPASSWORD, PGDATABASE).
set -eu
umask 077
folder=${BACKUP_DIR:-/backups}
name=ikigai-$(date -u +%Y%m%dT%H%M%SZ).dump
draft=$folder/.$name.part
if [ ! -w "$folder" ]; then
  echo "The folder $folder cannot be written to: make it as yourself (mkdir backups)." >&2
  exit 1
fi
trap 'rm -f "$draft"' EXIT
pg_dump --format=custom --no-owner --no-privileges --file="$draft"
pg_restore --list "$draft" > /dev/null
mv "$draft" "$folder/$name"
# For doctor and the alert on the age of the last backup.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --command 'insert into public.backups default values'
find "$folder" -maxdepth 1 -name 'ikigai-*.dump' -mtime "+${BACKUP_KEEP_DAYS:-14}" -exec rm {} +
echo "$name ($(wc -c < "$folder/$name") bytes). Keep a copy on another machine, and .env with it."
