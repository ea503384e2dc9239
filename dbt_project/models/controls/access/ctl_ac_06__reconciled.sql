with history as (
    {{ newest(ref('stg_register_history__commits')) }}
),

of_roles as (
    select commit_sha
    from history
    where {{ matches_regex(comma_separated('files'), "'(^|/|, )roles[.](csv|yml|yaml)(,|$)'") }}
),

roles as (
    {{ newest(ref('stg_registers__roles')) }}
),

judged as (
    select * from {{ ref('ctl_ac_06__role_model_is_sound') }}
),

checks as (
    select
        'versions_of_the_file' as check_name,
        'register_history.commits' as scope,
        (select count(*) from of_roles) as expected,
        (select count(*) from judged where kind = 'version') as actual,
        'commits of the history that changed the file, each a version' as detail
    union all
    select
        'roles_read',
        'registers.roles',
        (select count(*) from roles),
        (select count(*) from judged where kind = 'role'),
        'rows of the register, each a role'
    union all
    -- The register and its history must be of one commit, or the newest version is not the one judged.
    select
        'newest_version_read',
        'register_history.commits',
        (select count(*) from roles),
        (select count(*) from roles where commit_sha in (select head_sha from history)),
        'rows of the register that were read at the commit of the history'
)

{{ checks_agree('checks', also="expected > 0") }}
