"""Who works, worked or will work at the sandbox company "Acme".

One line a person: what the HR system or the contractor register says. What is special about somebody stands in
``SPELLS``, ``LEAVE`` and beside their accounts (``accounts_okta``, ``accounts_aws``, ``accounts_github``).
E1001 to E1030 but E1012 stay throughout: other parts may make them owners, reviewers and approvers.
"""

from __future__ import annotations

from datetime import date, timedelta

from soc2_warehouse.sandbox.records import Person, Spell
from soc2_warehouse.sandbox.rhythm import local, moment

DOMAIN = "acme.example"
DOMAIN_ALIASES = ("acme-inc.example",)
ZONES = {
    "New York": "America/New_York",
    "San Francisco": "America/Los_Angeles",
    "London": "Europe/London",
    "Berlin": "Europe/Berlin",
    "Bengaluru": "Asia/Kolkata",
}

EMPLOYEES = """
E1001 | Grace Okafor      | Executive   | Chief Executive Officer     | New York      | -     | 2019-03-04
E1002 | Daniel Reyes      | Engineering | Chief Technology Officer    | San Francisco | E1001 | 2019-05-13
E1003 | Ingrid Solberg    | Security    | Chief Information Security Officer | London | E1001 | 2020-01-06
E1004 | Priya Raman       | Engineering | VP Engineering              | Bengaluru     | E1002 | 2020-02-17
E1005 | Tomas Novak       | Engineering | Engineering Manager         | Berlin        | E1004 | 2020-06-01
E1006 | Hannah Brooks     | Engineering | Staff Engineer              | New York      | E1005 | 2020-09-14
E1007 | Kenji Watanabe    | Platform    | SRE Lead                    | San Francisco | E1004 | 2020-10-05
E1008 | Lena Fischer      | Platform    | Platform Engineer           | Berlin        | E1007 | 2021-01-11
E1009 | Omar Haddad       | Platform    | Platform Engineer           | London        | E1007 | 2021-03-01
E1010 | Chloe Martin      | Engineering | Backend Engineer            | New York      | E1005 | 2021-04-19
E1011 | Ravi Shah         | Engineering | Backend Engineer            | Bengaluru     | E1005 | 2021-06-07
E1012 | Alexander Kim     | Engineering | Backend Engineer            | San Francisco | E1005 | 2021-08-02
E1013 | Maria Gomez       | Engineering | Backend Engineer            | New York      | E1005 | 2021-09-13
E1014 | Lucas Meyer       | Engineering | Frontend Engineer           | Berlin        | E1005 | 2021-10-04
E1015 | Sofia Rossi       | Engineering | Frontend Engineer           | London        | E1005 | 2022-01-10
E1016 | Ben Carter        | Engineering | QA Engineer                 | New York      | E1005 | 2022-02-14
E1017 | Yara Costa        | Data        | Data Engineer               | New York      | E1004 | 2022-03-07
E1018 | Noah Schmidt      | Data        | Data Analyst                | Berlin        | E1017 | 2022-05-02
E1019 | Emily Clark       | Security    | Security Engineer           | London        | E1003 | 2022-06-13
E1020 | Arjun Patel       | Security    | Security Engineer           | Bengaluru     | E1003 | 2022-09-05
E1021 | Julia Weber       | IT          | IT Manager                  | Berlin        | E1003 | 2021-02-01
E1022 | Marcus Lee        | IT          | IT Administrator            | New York      | E1021 | 2022-10-03
E1023 | Anna Kowalska     | Product     | Head of Product             | London        | E1001 | 2021-05-17
E1024 | Peter Hall        | Product     | Product Manager             | New York      | E1023 | 2022-11-07
E1025 | Fatima Zahra      | Product     | Designer                    | London        | E1023 | 2023-01-16
E1026 | Victor Lima       | Support     | Head of Support             | New York      | E1001 | 2022-04-04
E1027 | Helen Ward        | Finance     | Head of Finance             | New York      | E1001 | 2020-04-06
E1028 | Claire Dubois     | People      | Head of People              | London        | E1001 | 2020-08-03
E1029 | Ethan Cole        | Engineering | Technical Writer            | New York      | E1005 | 2023-03-06
E1030 | Naomi Fraser      | Engineering | Backend Engineer            | London        | E1005 | 2023-05-08
E1031 | Sam Rivers        | Engineering | Backend Engineer            | New York      | E1005 | 2023-06-12
E1032 | Nina Petrov       | Sales       | Account Executive           | Berlin        | E1001 | 2023-08-07
E1033 | Carl Jensen       | Support     | Support Agent               | London        | E1026 | 2023-09-04
E1034 | Mei Tan           | Finance     | Accountant                  | San Francisco | E1027 | 2023-09-18
E1035 | Oscar Berg        | Sales       | Account Executive           | Berlin        | E1001 | 2023-10-02
E1036 | Paula Diaz        | People      | Recruiter                   | New York      | E1028 | 2023-11-06
E1037 | Igor Volkov       | Support     | Support Agent               | Berlin        | E1026 | 2024-01-08
E1038 | Dana White        | Sales       | Account Executive           | New York      | E1001 | 2024-02-05
E1039 | Leo Fontaine      | Engineering | Backend Engineer            | London        | E1005 | 2026-07-20
E1040 | Ruth Adler        | Sales       | Sales Operations            | New York      | E1001 | 2026-06-08
E1041 | Tim Okoye         | Support     | Support Agent               | London        | E1026 | 2026-06-25
E1042 | Greta Lind        | Finance     | Controller                  | Berlin        | E1027 | 2024-03-11
E1043 | Hugo Blanc        | Engineering | Backend Engineer            | London        | E1005 | 2024-04-08
E1044 | Walter Stein      | Product     | Product Manager             | Berlin        | E1023 | 2024-05-06
E1045 | Bella Cruz        | Sales       | Account Executive           | San Francisco | E1001 | 2024-06-10
E1046 | Ewan Price        | Sales       | Solutions Engineer          | London        | E1001 | 2024-07-01
E1047 | Ines Moreau       | People      | People Partner              | London        | E1028 | 2026-05-11
E1048 | Jack Turner       | Support     | Support Agent               | New York      | E1026 | 2026-06-15
E1049 | Zoe Palmer        | Support     | Support Agent               | New York      | E1026 | 2023-02-01
E1050 | Theo Brandt       | Platform    | Platform Engineer           | Berlin        | E1007 | 2026-04-01
E1051 | Marta Silva       | Finance     | Payroll Specialist          | London        | E1027 | 2022-06-01
E1052 | Frank Mills       | Sales       | Account Executive           | New York      | E1001 | 2023-04-03
E1053 | Gina Ross         | Product     | Product Analyst             | London        | E1023 | 2023-07-03
E1054 | Hal Stone         | Support     | Support Agent               | New York      | E1026 | 2024-01-15
E1055 | Alexandra Kim     | Sales       | Account Executive           | San Francisco | E1001 | 2026-05-04
E1056 | Ivy Chen          | Sales       | Account Executive           | San Francisco | E1001 | 2023-10-16
E1057 | Sunil Rao         | Facilities  | Facilities Assistant        | Bengaluru     | E1027 | 2024-08-05
E1058 | Jon Frost         | Platform    | Platform Engineer           | Berlin        | E1007 | 2023-02-13
E1059 | Sam Rivers        | Engineering | Backend Engineer            | New York      | E1005 | 2023-06-12
E1060 | Kate Lowe         | Engineering | Frontend Engineer           | London        | E1005 | 2023-05-15
E1061 | Max Ober          | Support     | Support Agent               | Berlin        | E1026 | 2024-02-12
E1062 | Nora Quinn        | Sales       | Account Executive           | New York      | E1001 | 2023-09-11
E1063 | Paul Egan         | Finance     | Procurement Specialist      | London        | E1027 | 2024-03-04
E1064 | Quentin Hayes     | Sales       | Account Executive           | New York      | E1001 | 2024-04-15
E1065 | Rita Vance        | Platform    | Platform Engineer           | New York      | E1007 | 2023-11-13
E1066 | Stan Bauer        | Support     | Support Agent               | New York      | E1026 | 2022-10-10
E1067 | Tess Arnold       | Sales       | Account Executive           | New York      | E1001 | 2024-05-20
E1068 | Uma Joshi         | Engineering | Backend Engineer            | Bengaluru     | E1005 | 2024-09-02
E1069 | Vera Popov        | Product     | Designer                    | Berlin        | E1023 | 2024-10-07
E1070 | Will Grant        | Engineering | QA Engineer                 | London        | E1005 | 2024-11-04
E1071 | Xenia Wolf        | Engineering | Backend Engineer            | Berlin        | E1005 | 2026-08-03
E1072 | Yusuf Demir       | Support     | Support Agent               | Berlin        | E1026 | 2026-11-09
E1073 | Zara Khan         | Platform    | Platform Engineer           | London        | E1007 | 2027-01-11
"""

CONTRACTORS = """
C001 | Ana Duarte   | Platform    | Platform Contractor | London    | E1007 | 2025-02-03 | 2027-12-31
C002 | Boris Klein  | Engineering | Mobile Contractor   | Berlin    | E1005 | 2025-03-03 | 2027-12-31
C004 | Cleo Park    | Data        | Data Contractor     | New York  | E1017 | 2025-09-01 | 2027-12-31
C005 | Dev Anand    | Engineering | QA Contractor       | Bengaluru | E1005 | 2025-10-06 | 2026-06-26
C006 | Elif Kaya    | Support     | Support Contractor  | Berlin    | E1026 | 2025-11-03 | 2026-06-24
C007 | Finn Moore   | Security    | Security Contractor | London    | E1003 | 2026-01-12 | 2026-12-31
C008 | Gia Russo    | Data        | Data Contractor     | New York  | E1017 | 2026-02-02 | 2027-12-31
"""

# Where two people would get one address, or a new hire takes over a leaver's, or HR entered somebody twice.
EMAILS = {"E1055": "alex.kim", "E1012": "alex.kim"}


def refs(text: str) -> tuple[str, ...]:
    """Employee numbers and contractor ids, written as one line."""
    return tuple(text.split())


def _spell(start: str, end: str | None = None, reason: str | None = None, notified: str | None = None) -> Spell:
    return Spell(
        date.fromisoformat(start),
        date.fromisoformat(end) if end else None,
        reason,
        moment(notified) if notified else None,
    )


QUIT, FIRED = "Resignation (Voluntary)", "Termination (Involuntary)"

# Employment that is not simply "since the hire date".
SPELLS: dict[str, tuple[Spell, ...]] = {
    # Left before the engagement window; the address now belongs to E1055, an AWS user of his is still there.
    "E1012": (_spell("2021-08-02", "2025-11-28", QUIT, "2025-11-03T10:00"),),
    # Rehired after a gap: the account was disabled on time and enabled again for the second spell.
    "E1049": (_spell("2023-02-01", "2026-04-17", QUIT, "2026-04-01T15:00"), _spell("2026-06-01")),
    # A contractor who became an employee on the next day: one person, continuous service.
    "E1050": (
        Spell(date(2025, 6, 2), date(2026, 3, 31), "converted to employee", moment("2026-03-02T09:00"), "contractors"),
        _spell("2026-04-01"),
    ),
    # Rehired on the next day (change of legal entity): continuous service, nothing to remove.
    "E1051": (_spell("2022-06-01", "2026-05-31", "Transfer", "2026-05-11T09:00"), _spell("2026-06-01")),
    "E1052": (_spell("2023-04-03", "2026-06-12", QUIT, "2026-05-29T14:00"),),
    "E1053": (_spell("2023-07-03", "2026-06-19", QUIT, "2026-06-01T09:00"),),
    "E1054": (_spell("2024-01-15", "2026-06-05", FIRED, "2026-06-05T13:00"),),
    "E1056": (_spell("2023-10-16", "2026-05-15", QUIT, "2026-05-01T17:00"),),
    "E1058": (_spell("2023-02-13", "2026-06-10", QUIT, "2026-05-20T08:00"),),
    "E1060": (_spell("2023-05-15", "2026-06-22", QUIT, "2026-06-02T08:00"),),
    "E1061": (_spell("2024-02-12", "2026-06-18", QUIT, "2026-06-04T08:00"),),
    # Back-dated: HR entered the end a week after it took effect.
    "E1062": (_spell("2023-09-11", "2026-06-15", FIRED, "2026-06-22T15:00"),),
    # Announced ahead: on 2026-07-01 the end is still to come.
    "E1063": (_spell("2024-03-04", "2026-07-31", QUIT, "2026-06-24T09:00"),),
    "E1064": (_spell("2024-04-15", "2026-07-02", FIRED, "2026-07-02T14:00"),),
    "E1065": (_spell("2023-11-13", "2026-07-01", QUIT, "2026-06-15T13:00"),),
    # The 24 hours contain the change to summer time (spring) and to winter time (autumn).
    "E1066": (_spell("2022-10-10", "2026-03-07", QUIT, "2026-02-20T13:00"),),
    "E1067": (_spell("2024-05-20", "2026-10-31", QUIT, "2026-10-12T13:00"),),
    "E1068": (_spell("2024-09-02", "2026-08-14", QUIT, "2026-07-27T06:00"),),
    "E1069": (_spell("2024-10-07", "2026-12-11", QUIT, "2026-11-16T09:00"),),
    "E1070": (_spell("2024-11-04", "2027-02-26", QUIT, "2027-02-01T09:00"),),
}

# Leave is no termination; E1044's account stays enabled and goes stale.
LEAVE: dict[str, tuple[tuple[date, date | None], ...]] = {"E1044": ((date(2026, 5, 4), date(2026, 8, 31)),)}

# HR entered Sam Rivers a second time and removed the second record a week later.
DUPLICATES = {"E1059": ("hris:131", "2026-06-29T09:00", "2026-07-06T09:00")}
CONTRACT_IDS = {"E1050": "C003"}
CONTRACT_END_TIMES = {"C005": "17:00:00", "C006": "17:00:00"}


def _fields(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _email(ref: str, first: str, last: str) -> str:
    return f"{EMAILS.get(ref, f'{first}.{last}'.lower())}@{DOMAIN}"


def _employee(row: list[str]) -> Person:
    number, name, department, title, location, manager, hired = row
    first, last = name.split(" ", 1)
    zone = ZONES[location]
    spells = SPELLS.get(number, (_spell(hired),))
    duplicate, recorded_from, recorded_until = DUPLICATES.get(number, (None, None, None))
    entered = local(next(s.start for s in spells if s.source == "hris") - timedelta(days=14), "10:00", zone)
    return Person(
        key=f"hris:{int(number[1:]) - 900}",
        employee_number=number,
        contractor_id=CONTRACT_IDS.get(number),
        first=first,
        last=last,
        email=_email(number, first, last),
        kind="employee",
        location=location,
        tz=zone,
        manager_number=None if manager == "-" else manager,
        department=department,
        title=title,
        spells=spells,
        leave=LEAVE.get(number, ()),
        duplicate_of=duplicate,
        recorded_from=moment(recorded_from) if recorded_from else entered,
        recorded_until=moment(recorded_until) if recorded_until else None,
    )


def _contractor(row: list[str]) -> Person:
    ref, name, department, title, location, manager, start, end = row
    first, last = name.split(" ", 1)
    begin, finish = date.fromisoformat(start), date.fromisoformat(end)
    signed = local(begin - timedelta(days=7), "10:00", ZONES[location])
    spell = Spell(begin, finish, "contract ended", signed, "contractors", CONTRACT_END_TIMES.get(ref))
    return Person(
        key=f"contractor:{ref}",
        employee_number=None,
        contractor_id=ref,
        first=first,
        last=last,
        email=_email(ref, first, last),
        kind="contractor",
        location=location,
        tz=ZONES[location],
        manager_number=manager,
        department=department,
        title=title,
        spells=(spell,),
        recorded_from=signed,
    )


def people() -> tuple[Person, ...]:
    """Everybody who ever worked or will work here, employees first."""
    return (*map(_employee, _fields(EMPLOYEES)), *map(_contractor, _fields(CONTRACTORS)))
