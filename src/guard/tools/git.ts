// Git.
import type { Tool } from '../tool.ts'

export const GIT: readonly Tool[] = []
