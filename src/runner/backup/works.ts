// The works of playbook backup/1 that this runner can do.
import type { Works } from './jobs.ts'

export const WORKS: Works = {}
