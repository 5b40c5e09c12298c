// The keys that the rules know of whoever types: a person's, or an agent's for what it has written.
import type { Call } from '../command.ts'

export async function enrolledKeys(call: Call): Promise<readonly string[]> {
  const client = call.loggedIn()
  const me = await client.call('who')
  const { people, agents } = await client.call('policy')
  const keys = [...people, ...agents].find(({ id }) => id === me.id)?.keys ?? []
  return keys.filter(({ revoked }) => !revoked).map(({ fingerprint }) => fingerprint)
}
