// Clients of databases.
import type { Tool } from '../tool.ts'
import { KEY_STORES } from './key-stores.ts'
import { SQL_CLIENTS } from './sql-clients.ts'

export const DATABASES: readonly Tool[] = [...SQL_CLIENTS, ...KEY_STORES]
