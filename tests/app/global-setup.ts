// `up` and `install host` as root make the accounts of gate and store where they are missing: what these tests made, they take away.
import { GATE_ACCOUNT, STORE_ACCOUNT } from '../../src/app/up/accounts.ts'
import { run } from '../../src/sys/process.ts'

export async function setup(): Promise<() => Promise<void>> {
  const missing: string[] = []
  for (const name of [GATE_ACCOUNT, STORE_ACCOUNT])
    if ((await run(['getent', 'passwd', name])).code !== 0) missing.push(name)
  return async () => {
    if (process.getuid?.() !== 0) return
    for (const name of missing) {
      await run(['userdel', name])
      await run(['groupdel', name])
    }
  }
}
