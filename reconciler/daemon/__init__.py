"""The loop that ties wake-ups to passes, and what stands around it: schedule, signals, pulse, status.

Law: passes run on one thread, one at a time. Everything else may only ask for one, or tell how things stand.
Nothing is gathered here: who needs `timing` alone, as the settings do, shall not load a scheduler.
"""
