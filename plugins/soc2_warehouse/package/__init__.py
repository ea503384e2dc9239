"""The auditor's package: one folder and one zip of everything that a window's results rest on.

    index.html                     what is in the package, and how to verify it
    report.html, report.pdf        tests, populations, samples, results, deviations; never an opinion
    workbooks/AC.xlsx              per area: controls, populations, rows, exceptions, samples, runs
    ipe/AC-01.html                 where each population comes from
    code/AC-01.sql                 the query of each control as it is executed
    request_list.csv               what auditors usually ask for, and where it is
    registers/                     the company's registers, each version that held in the window
    samples/                       frozen populations and draws, when there are any
    oscal/assessment-results.json  the results for machines
    landing/, ledger/, anchors/    the evidence itself, in its chain, with its signatures
    verify_evidence.py             recomputes the evidence and compares every file with the manifest
    manifest.json, manifest.sig.json

Everything is read from the ledger and the landing zone after they have been verified; of the published file only what
its models add (declarations, coverage, the guide), and only when its verdicts are the ledger's. Built twice from the
same home it has the same bytes: no clock is read, the time of the newest judgement stands in for it.
"""


class Refused(RuntimeError):
    """There is no package to give away; the message names what is missing or broken."""
