// The machine: services, processes, power, devices, packages, accounts, schedules.
import type { Tool } from '../tool.ts'

export const HOST: readonly Tool[] = []
