// The words with which a change of code is proposed for ops1, by whoever has the clone.

export interface Proposal {
  readonly service: string
  /** The clone whose commit is proposed. */
  readonly work: string
  readonly instruction: string
  /** What the author says of it. */
  readonly impact?: string
}

export function proposal(
  { service, work, instruction, impact = 'the greeting; a restart' }: Proposal,
  more: readonly string[] = [],
): readonly string[] {
  const said = ['--instruction', instruction, '--by', 'ops1', '--impact', impact, '--risk', 'low']
  return [
    'do',
    'code',
    '--service',
    service,
    '--repository',
    work,
    ...said,
    '--notify',
    'not_needed',
    ...more,
  ]
}
