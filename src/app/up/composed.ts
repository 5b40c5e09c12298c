// Runs a verb of the composition root (serve.ts) as a child in this terminal: for what no single room may put together.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { environment } from '../../sys/config.ts'
import { start } from '../../sys/process.ts'
import { codeHere } from './code.ts'

/** `install` and `uninstall` of the host. Resolves with the child's exit code. */
export async function composed(verb: 'install' | 'uninstall', args: readonly string[]): Promise<ExitCode> {
  const code = codeHere()
  const path = environment['PATH']
  const child = start([code.node, code.server, verb, ...args], {
    stdio: ['inherit', 'inherit', 'inherit'],
    env: path === undefined ? {} : { PATH: path },
  })
  const status = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('exit', resolve)
  })
  const known = Object.values(EXIT).find((one) => one === status)
  return known ?? EXIT.failed
}
