using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>How the time of a record is written.</summary>
enum Form { Plain, SameTimeAsLast, Fraction, Text, Offset, Missing }

abstract record Step;

/// <param name="Age">Hours; negative: in the future.</param>
sealed record Insert(double Age, Form Form) : Step;

sealed record Edit(int Index) : Step;

sealed record Move(int Index, double Age) : Step;

sealed record Delete(int Index) : Step;

sealed record MarkDeleted(int Index) : Step;

/// <summary>The same record under another id.</summary>
sealed record Rename(int Index) : Step;

sealed record Prune(double Age) : Step;

sealed record Wait(int Hours) : Step;

sealed record Copy : Step;

sealed record SiteFails(FaultKind Kind, int Status, int Skip) : Step;

sealed record OpenHumansFails(FaultKind Kind, string Path, int Skip) : Step;

sealed record KilledAtRequest(int Number, bool After) : Step;

sealed record KilledAtWrite(int Number) : Step;

/// <summary>A backup of the ingester's tables is made.</summary>
sealed record SaveBooks : Step;

/// <summary>It is put back.</summary>
/// <param name="Unlisted">A run goes by it before the account is listed.</param>
sealed record RestoreBooks(bool Unlisted) : Step;

/// <summary>The system before this one runs as well, and writes a whole history as the site has it.</summary>
sealed record AddOriginal : Step;

/// <summary>Open Humans lists the account without one of our files, once.</summary>
sealed record ListingLacks(int Index) : Step;

/// <summary>Somebody else's site answers at the address, until the next step.</summary>
sealed record Stranger : Step;

/// <summary>An edit that is undone. Not among the random steps yet: the ETag that was stored for a month hides it.</summary>
sealed record Undo(int Index) : Step;
