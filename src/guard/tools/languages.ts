// Interpreters: what their inline code does.
import type { Tool } from '../tool.ts'

export const LANGUAGES: readonly Tool[] = []
