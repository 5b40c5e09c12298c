// Clouds and hosted services, by the grammar of their command lines.
import type { Tool } from '../tool.ts'

export const CLOUD: readonly Tool[] = []
