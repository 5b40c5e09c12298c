// The tables of all rooms as one list of migrations, forward only. A text that was applied is never edited: add the next one.
import { AUTHOR_COLUMNS, CHANGE_SCHEMA, CLOSED_INDEX, changeGrants } from '../change/store.ts'
import type { Migration } from '../db/migrate.ts'
import { IDENTITY_SCHEMA, identityGrants } from '../identity/store.ts'
import { INCIDENT_SCHEMA, incidentGrants } from '../incident/store.ts'
import { LEDGER_SCHEMA, ledgerGrants } from '../record/store.ts'
import { RUN_SCHEMA, runGrants } from '../run/store.ts'
import { ALERT_SCHEMA, alertGrants } from './alert-store.ts'
import { CHECK_NEWEST_COLUMNS, CHECK_SCHEMA, checkGrants } from './check-store.ts'
import { GUARD_SCHEMA, guardGrants } from './guard-store.ts'
import { NOTICE_ITEM_COLUMNS, NOTICE_SCHEMA, noticeGrants } from './notice-store.ts'
import { PING_SCHEMA, pingGrants } from './ping-store.ts'
import { APP_SCHEMA, appGrants } from './store.ts'

const GRANTS = [ledgerGrants, changeGrants, runGrants, identityGrants, appGrants]

/**
 * `role`: the gate's role in the database, which owns none of the tables. Undefined where one role is all there is (DATABASE_URL):
 * then the triggers alone keep the ledger from being rewritten.
 */
export function migrations(role: string | undefined): readonly Migration[] {
  return [
    {
      id: '0001-first',
      sql: [
        LEDGER_SCHEMA,
        CHANGE_SCHEMA,
        RUN_SCHEMA,
        IDENTITY_SCHEMA,
        APP_SCHEMA,
        ...(role === undefined ? [] : GRANTS.map((grants) => grants(role))),
      ].join('\n'),
    },
    {
      id: '0002-guard',
      sql: [GUARD_SCHEMA, ...(role === undefined ? [] : [guardGrants(role)])].join('\n'),
    },
    { id: '0003-closed-lately', sql: CLOSED_INDEX },
    { id: '0004-authors', sql: AUTHOR_COLUMNS },
    {
      id: '0005-incidents',
      sql: [INCIDENT_SCHEMA, ...(role === undefined ? [] : [incidentGrants(role)])].join('\n'),
    },
    {
      id: '0006-checks',
      sql: [CHECK_SCHEMA, ...(role === undefined ? [] : [checkGrants(role)])].join('\n'),
    },
    {
      id: '0007-notices',
      sql: [
        NOTICE_SCHEMA,
        PING_SCHEMA,
        ALERT_SCHEMA,
        ...(role === undefined ? [] : [noticeGrants(role), pingGrants(role), alertGrants(role)]),
      ].join('\n'),
    },
    { id: '0008-notice-items', sql: NOTICE_ITEM_COLUMNS },
    { id: '0009-check-newest', sql: CHECK_NEWEST_COLUMNS },
  ]
}
