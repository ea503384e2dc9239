with source as ({{ new_runs('github', 'saml_identities') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.guid') }} as identity_guid,
        {{ json_text('record', '$.user.databaseId') }} as user_id,
        {{ json_text('record', '$.user.login') }} as login,
        {{ json_text('record', '$.samlIdentity.nameId') }} as name_id
    from source
)

select * from renamed
