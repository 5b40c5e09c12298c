// Clients of databases.
import type { Tool } from '../tool.ts'
import { APP_DATABASES } from './app-databases.ts'
import { DATABASE_SERVERS } from './database-servers.ts'
import { DATABASE_UPKEEP } from './database-upkeep.ts'
import { DOCUMENT_STORES } from './document-stores.ts'
import { DUMPS } from './dumps.ts'
import { GRAPH_STORES } from './graph-stores.ts'
import { HOSTED_SQL } from './hosted-sql.ts'
import { KEY_STORES } from './key-stores.ts'
import { MIGRATIONS } from './migrations.ts'
import { SQL_CLIENTS } from './sql-clients.ts'
import { SQLITE_ARCHIVE } from './sqlite-archive.ts'

export const DATABASES: readonly Tool[] = [
  ...SQL_CLIENTS,
  ...DUMPS,
  SQLITE_ARCHIVE,
  ...HOSTED_SQL,
  ...KEY_STORES,
  ...DOCUMENT_STORES,
  ...GRAPH_STORES,
  ...MIGRATIONS,
  ...APP_DATABASES,
  ...DATABASE_SERVERS,
  ...DATABASE_UPKEEP,
]
