// Does a service answer who connects? Its unit runs as planned, and each of its TCP ports greets with the words of its protocol: a server
// that has taken its new configuration and serves nobody is found while there is still a way back.
import { listenerText } from '../../host/listener-text.ts'
import { type Listener, listenersOf } from '../../host/nginx-listeners.ts'
import { readUnitState } from '../../host/unit-facts.ts'
import type { Proof } from '../../plans/proofs.ts'
import { greetingOf } from '../../sys/net.ts'
import { green, notProven, type Progress, type ProofContext, type Proven, red } from './context.ts'
import { proveRunning } from './running.ts'

type AnswersProof = Extract<Proof, { readonly kind: 'answers' }>

const WITHIN_MS = 5000

export async function proveAnswers(
  { unit, greeting, stableMs }: AnswersProof,
  c: ProofContext,
  progress: Progress,
): Promise<Proven> {
  const running = await proveRunning({ unit, active: true, newer: false, stableMs }, c, progress)
  if (running.verdict !== 'green') return running
  const { mainPid } = await readUnitState(unit, c)
  const listeners = listenersOf(mainPid)
  if (listeners === undefined) return notProven('sockets_not_read', { unit })
  const ports = listeners.filter(({ proto }) => proto === 'tcp')
  if (ports.length === 0) return red('no_port', { unit })
  const silent: string[] = []
  for (const one of ports) if (!(await greets(one, greeting))) silent.push(listenerText(one))
  const facts = { ...running.facts, listeners: ports.map(listenerText) }
  return silent.length === 0 ? green(facts) : red('not_answering', { ...facts, silent })
}

async function greets({ address, port }: Listener, greeting: string): Promise<boolean> {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return (await greetingOf({ host, port, bytes: greeting.length, timeoutMs: WITHIN_MS })) === greeting
}
