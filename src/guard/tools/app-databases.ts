// Programs of applications and of frameworks that are no migration tools first, and throw a database away with one word.
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'
import { type Migrator, migrates } from './migrations.ts'

const PROGRAMS: readonly Migrator[] = [
  {
    names: 'ace',
    dry: 'dry-run',
    does: {
      'migration:fresh': 'db.drop',
      'migration:refresh': 'db.drop',
      'migration:reset': 'db.drop',
      'migration:rollback': 'db.alter',
      'migration:run': 'db.alter',
      'db:wipe': 'db.drop',
      'db:truncate': 'db.truncate',
      'db:seed': 'db.insert',
    },
  },
  {
    names: 'spark',
    short: 'gn',
    does: {
      'migrate:refresh': 'db.drop',
      'migrate:rollback': 'db.alter',
      migrate: 'db.alter',
      'db:seed': 'db.insert',
    },
  },
  {
    names: 'phinx',
    short: 'ectd',
    long: 'configuration environment target date parser',
    dry: 'dry-run',
    does: { rollback: 'db.alter', migrate: 'db.alter', 'seed:run': 'db.update' },
  },
  {
    names: 'cake',
    short: 'ctsp',
    long: 'connection target source plugin date',
    dry: 'dry-run',
    does: {
      'migrations rollback': 'db.alter',
      'migrations migrate': 'db.alter',
      'migrations seed': 'db.update',
    },
  },
  {
    // What is imported takes the place of all that is there.
    names: 'strapi',
    short: 'fk',
    long: 'file key only exclude',
    does: { import: 'db.drop', transfer: 'db.drop', 'configuration:restore': 'db.update' },
  },
  {
    names: 'bench',
    long: 'site db-name admin-password',
    does: {
      'drop-site': 'db.drop',
      'new-site + --force': 'db.drop',
      reinstall: 'db.drop',
      restore: 'db.drop',
      'partial-restore': 'db.update',
      migrate: 'db.alter',
      'uninstall-app': 'db.drop',
      'remove-from-installed-apps': 'db.alter',
      mariadb: 'db.read',
    },
  },
  {
    names: 'odoo odoo-bin',
    short: 'cd',
    long: 'config database',
    does: { 'db drop': 'db.drop', 'db load + --force': 'db.drop' },
  },
  {
    names: 'gel edgedb',
    short: 'IHPud',
    long: 'instance host port user database branch',
    does: {
      'database drop': 'db.drop',
      'database wipe': 'db.drop',
      'branch drop': 'db.drop',
      'branch wipe': 'db.drop',
      'instance destroy': 'db.drop',
      'migration apply': 'db.alter',
      migrate: 'db.alter',
    },
  },
  {
    names: 'rw redwood rwt',
    long: 'schema',
    does: {
      'prisma migrate reset': 'db.drop',
      'prisma db push': 'db.alter',
      'prisma migrate deploy': 'db.alter',
    },
  },
  { names: 'blitz', does: { 'prisma migrate reset': 'db.drop', 'db reset': 'db.drop' } },
  { names: 'encore wasp', does: { 'db reset': 'db.drop', 'db migrate-dev': 'db.alter' } },
  { names: 'superset mlflow', does: { 'db downgrade': 'db.alter', 'db upgrade': 'db.alter' } },
  {
    names: 'kysely',
    does: { 'migrate rollback': 'db.alter', 'migrate down': 'db.alter', 'migrate latest': 'db.alter' },
  },
  { names: 'node-pg-migrate', short: 'dmt', does: { down: 'db.alter', redo: 'db.alter', up: 'db.alter' } },
  {
    names: 'db-migrate',
    short: 'ecm',
    long: 'env config migrations-dir',
    dry: 'dry-run',
    does: { reset: 'db.drop', 'db:drop': 'db.drop', down: 'db.alter', up: 'db.alter' },
  },
  {
    names: 'graphile-migrate',
    does: { 'reset + --erase': 'db.drop', migrate: 'db.alter' },
  },
  {
    // Users, and all that belongs to them.
    names: 'n8n',
    does: {
      'user-management:reset': 'db.delete',
      'ldap:reset': 'db.delete',
      'db:revert': 'db.alter',
      'db:reset': 'db.drop',
    },
  },
]

/** dbt makes the tables of its models anew: where users read them, that is a change. */
const dbt: Tool = {
  names: 'dbt dbtf',
  short: 'tsmx',
  long: 'target profile profiles-dir project-dir select models exclude selector vars threads args state',
  flags: 'full-refresh fail-fast help version',
  act: (call, args) => {
    const target = literal(args.value('t target')?.value ?? []) ?? ''
    const writes = /^(?:run|build|seed|snapshot|run-operation|retry|clone)$/.test(args.word(0) ?? '')
    if (writes && /^(?:prod|production|prd|live)$/i.test(target))
      call.shell.emit({ verb: 'db.alter', on: { kind: 'database', engine: 'sql' }, note: 'dbt' }, call.span)
    return undefined
  },
}

export const APP_DATABASES: readonly Tool[] = [
  ...PROGRAMS.map(
    (one): Tool => ({ names: one.names, harmless: '-', style: 'posix', aims: true, act: migrates(one) }),
  ),
  dbt,
]
