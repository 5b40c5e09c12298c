// Clients of databases.
import type { Tool } from '../tool.ts'

export const DATABASES: readonly Tool[] = []
