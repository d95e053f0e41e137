using ServiceDefaults;

namespace DataManagementApp.Administration;

/// <summary>The numbers of the portal (docs/operations.md, "Metrics").</summary>
static class Measures
{
    const string Queues = """
        select 'openaps.exports' as name, state as label, (select count(*) from portal.export e where e.state = s.state)::float8 as value from unnest(array['queued', 'building']) s (state)
        union all
        select 'openaps.exports.lag', null, coalesce(extract(epoch from now() - min(requested_at)), 0)::float8 from portal.export where state = 'queued'
        union all
        select 'openaps.mails', state, (select count(*) from portal.mail m where m.state = s.state)::float8 from unnest(array['waiting', 'failed']) s (state)
        union all
        select 'openaps.mails.lag', null, coalesce(extract(epoch from now() - min(queued_at)), 0)::float8 from portal.mail where state = 'waiting'
        union all
        select 'openaps.erasures', null, waiting::float8 from portal.erasures_open()
        union all
        select 'openaps.alerts', null, count(*)::float8 from portal.alert where ended_at is null and told_at is not null
        """;

    public static void AddQueueGauges(this WebApplicationBuilder builder) => builder.AddGauges(Queues,
        new("openaps.exports", "{export}", "Exports that wait or are being built", "openaps.state"),
        new("openaps.exports.lag", "s", "How long the export that was asked for first has waited"),
        new("openaps.mails", "{mail}", "Mails that wait or were given up", "openaps.state"),
        new("openaps.mails.lag", "s", "How long the mail that was written first has waited"),
        new("openaps.erasures", "{participant}", "Erasures that a service has not done its part of"),
        new("openaps.alerts", "{alert}", "Alerts that last"));
}
