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
