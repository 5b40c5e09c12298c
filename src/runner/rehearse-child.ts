// The runner's own child in a rehearsal room. What plays an action there is what performs it in production.
export { rehearsalLife } from '../rehearsal/inside.ts'
