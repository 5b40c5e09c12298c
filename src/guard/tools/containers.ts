// Containers and clusters.
import type { Tool } from '../tool.ts'

export const CONTAINERS: readonly Tool[] = []
