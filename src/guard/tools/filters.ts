// Programs that read and transform: search, sort, archives, editors, and their options that write or run something.
import type { Tool } from '../tool.ts'

export const FILTERS: readonly Tool[] = []
