"""Prepare Superset: its own database, roles, an administrator, and the bundle. Repeat it after every upgrade.

``python start.py`` with what superset_config.py needs, and SUPERSET_ADMIN_PASSWORD. It stops at the first error.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUNDLE = Path(os.environ.get("SUPERSET_BUNDLE", HERE / "bundle"))
os.environ.setdefault("SUPERSET_CONFIG_PATH", str(HERE / "superset_config.py"))
#: Who sees the dashboards: Superset's own role Gamma and this one.
READER = "SOC 2 reader"


def main():
    password = os.environ.get("SUPERSET_ADMIN_PASSWORD", "")
    if len(password) < 8:
        sys.exit("start: SUPERSET_ADMIN_PASSWORD is not set or shorter than 8 characters")
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask_migrate import upgrade
        from superset import security_manager

        upgrade(directory=str(Path(sys.modules["superset"].__file__).parent / "migrations"))
        # What `superset init` does.
        app.appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        administrator(security_manager, password)
        read_bundle(security_manager)
        reader(security_manager)


def administrator(security_manager, password):
    """The account ``admin``; a password of before is replaced by the one in the environment."""
    user = security_manager.find_user("admin")
    if user:
        security_manager.reset_password(user.id, password)
        return
    role = security_manager.find_role("Admin")
    if not security_manager.add_user("admin", "Superset", "Administrator", "admin@localhost", role, password):
        sys.exit("start: the account admin could not be made")


def read_bundle(security_manager):
    """What the bundle holds replaces what was imported before."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    contents = {str(path.relative_to(BUNDLE)): path.read_text() for path in sorted(BUNDLE.rglob("*.yaml"))}
    with override_user(security_manager.find_user("admin")):
        ImportAssetsCommand(contents).run()


def reader(security_manager):
    """A role that may read the warehouse and nothing else; to be given together with Gamma."""
    from superset import db
    from superset.models.core import Database

    role = security_manager.add_role(READER)
    for database in db.session.query(Database):
        permission = security_manager.add_permission_view_menu("database_access", database.perm)
        security_manager.add_permission_role(role, permission)
    db.session.commit()


if __name__ == "__main__":
    main()
