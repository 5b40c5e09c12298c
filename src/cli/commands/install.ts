// `sekisho install host` and `uninstall host`: done by the composition root, which alone knows gate and runner; what it says passes through.
import { resolve } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { codeHere } from '../../install/up/code.ts'
import { start } from '../../sys/process.ts'
import type { Call } from '../command.ts'
import { ownLine } from '../own-line.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { node, server, root } = codeHere()
  if (call.uid !== 0)
    throw new SekishoError('host.needs_root', { typed: ownLine(call.typed, resolve(root), process.cwd()) })
  const part = call.words.startsWith('uninstall') ? 'uninstall' : 'install'
  const argv = [node, server, part, '--data', call.place.data, '--lang', call.terminal.language]
  const child = start(argv, { env: {}, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (status) => resolve(status ?? EXIT.failed))
  })
  // The part answers with one of our exit codes; anything else is a failure.
  return Object.values(EXIT).find((one) => one === code) ?? EXIT.failed
}
