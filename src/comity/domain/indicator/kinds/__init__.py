"""One file per kind of indicator; the folder is read, never listed.

A file exports KIND, LABEL, normalise(raw), recognise(raw), EXAMPLES [(raw, normal form)], REFUSED [(raw, code)],
MISP_TYPES, and if it likes SURENESS (0-100), PERSONAL, COMMAS, broader(value), host_of(value) and written(value); what each
means stands at `registry.IndicatorKind`. EXAMPLES and REFUSED run as tests.
"""
