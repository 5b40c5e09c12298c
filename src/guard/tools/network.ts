// Programs that speak to other hosts.
import type { Tool } from '../tool.ts'

export const NETWORK: readonly Tool[] = []
