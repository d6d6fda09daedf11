#!/bin/sh
# Restores a backup of deploy/backup.sh into an empty database, and records that it was restored: the migration that follows ends
# all sessions and tokens, and auth erases again who has disconnected since. Do not start services before that.
#
#   docker compose -f deploy/compose.production.yml run --rm restore <file in backups/>
#
# REPLACE=yes sets a database that is not empty aside, under another name, and makes a new one.
set -eu
folder=${BACKUP_DIR:-/backups}
file=$folder/${1:?which file of the folder backups}
if [ ! -f "$file" ]; then
  echo "There is no file $file." >&2
  exit 1
fi
pg_restore --list "$file" > /dev/null

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

tables=$(ask --command "select count(*) from pg_tables where schemaname in ('public', 'drizzle')")
if [ "$tables" -gt 0 ] && [ "${REPLACE:-no}" != yes ]; then
  echo "The database $PGDATABASE is not empty. Stop the services, and set REPLACE=yes to put it aside under another name." >&2
  exit 1
fi
if [ "$tables" -gt 0 ]; then
  aside=${PGDATABASE}_$(date -u +%Y%m%dt%H%M%Sz)
  ask --dbname=postgres --command "alter database \"$PGDATABASE\" rename to \"$aside\"" \
    --command "create database \"$PGDATABASE\" encoding 'UTF8' template template0"
  echo "The former database is $aside now. Drop it once all is well."
fi

# One transaction: what is restored is recorded as restored, or nothing is there at all.
{
  echo 'begin;'
  pg_restore --no-owner --no-privileges --file=- "$file" &&
    echo 'insert into public.restores default values; commit;'
} | ask > /dev/null
restored=$(ask --command "select count(*) from public.restores where access_ended_at is null")
[ "$restored" -gt 0 ]
echo "Restored. The migration and auth finish it when they start: docker compose -f deploy/compose.production.yml up -d"
