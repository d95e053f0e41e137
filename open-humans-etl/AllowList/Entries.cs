using static OpenHumansEtl.AllowList.Field;

namespace OpenHumansEtl.AllowList;

static class Entries
{
    public static Field Fields() => Group("",
    [
        .. Times("date", "dateString", "sysTime", "systime", "system_time", "mills", "created_at", "srvCreated", "srvModified"),
        .. Numbers("sgv", "mbg", "glucose", "rawbg", "delta", "filtered", "unfiltered", "noise", "rssi", "slope", "intercept", "scale", "utcOffset"),
        new("type", Words.EntryType),
        new("direction", Words.Direction),
        new("trend", Words.Direction.OrNumbers()),
        new("trend_arrow", Words.Direction),
        new("units", Words.Units),
        new("device", Rule.Name),
        new("app", Rule.Name),
        .. Codes("identifier"),
        .. Flags("isValid", "isReadOnly", "isCalibration"),
    ]);
}
