"""Trying again what may pass.

Nothing is said of it here: stamina would print what is tried with its arguments, and these may hold
secrets. Who tries again tells of it in words.
"""

import stamina

stamina.instrumentation.set_on_retry_hooks([])
attempts = stamina.retry_context
