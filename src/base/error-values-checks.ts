// The values of the codes of checks and of isolation, part of error-values.ts.

export interface CheckErrorValues {
  'check.mute_too_long': 'longest'
  'check.not_bad': 'check'
  'check.not_muted': 'check'
  'check.not_waivable': 'check' | 'waivable'
  'check.several': 'check' | 'named'
  'check.unknown': 'check'
  'isolation.address_wrong': 'given'
  'isolation.failed': 'why'
  'isolation.keep_by_login': 'address' | 'terminal'
  'isolation.no_nftables': 'units?'
  'isolation.nobody_admitted': never
  'isolation.none': 'incident'
  'isolation.not_signed': 'host' | 'why' | 'service'
  'isolation.other_address': 'incident' | 'address' | 'given'
  'isolation.other_incident': 'incident'
  'isolation.other_service': 'service' | 'own'
  'isolation.rules_moved': 'incident'
  'isolation.unreadable': 'path' | 'why'
  'isolation.window_wrong': 'since' | 'until'
}
