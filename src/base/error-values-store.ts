// The values that the codes of error-codes-store.ts carry (error-values.ts).

export interface StoreErrorValues {
  'store.as_root': never
  'store.busy': 'why' | 'state?'
  'store.checksums_off': never
  'store.choice_unreadable': 'path'
  'store.commit_unknown': never
  'store.damaged': 'why' | 'state?'
  'store.dies': 'times'
  'store.fsync_off': never
  'store.full': 'path' | 'why?' | 'state?'
  'store.full_page_writes_off': never
  'store.held': 'path' | 'pid'
  'store.lock_timeout': 'path'
  'store.migration_changed': 'migration'
  'store.migration_failed': 'migration' | 'why'
  'store.migration_order': 'migration'
  'store.newer': 'migration'
  'store.no_permission': 'why' | 'state?'
  'store.no_programs': 'oldest'
  'store.other_major': 'path' | 'major' | 'programs'
  'store.password_lost': 'path'
  'store.path_too_long': 'path' | 'limit'
  'store.programs_gone': 'path' | 'major'
  'store.read_only': 'why' | 'state?'
  'store.refused_login': 'why' | 'state?'
  'store.start_failed': 'program' | 'why'
  'store.served': 'path' | 'pid'
  'store.start_timeout': 'limit'
  'store.stop_timeout': 'pid' | 'limit'
  'store.synchronous_commit_off': never
  'store.timeout': 'why' | 'state?'
  'store.too_old': 'version' | 'oldest'
  'store.unavailable': 'why' | 'named?' | 'state?'
}

export interface NoticeErrorValues {
  'lease.none': 'service'
  'lease.not_declared': 'service'
  'lease.not_on': 'service' | 'why'
  'lease.running': 'service' | 'until'
  'lease.too_long': 'service' | 'seconds'
  'notice.channel_unknown': 'channel' | 'known'
  'notice.ended': 'notice' | 'at'
  'notice.no_channel': never
  'notification.no_channel': 'change'
  'notification.not_delivered': 'change' | 'channels'
  'notice.unknown': 'notice'
  'source.refused': 'source'
}
