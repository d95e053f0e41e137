namespace Demographics;

/// <summary>What the surveys ask.</summary>
public enum Question
{
    Time, Member, Born, Gender, Ethnicity, Country, Diagnosed, FirstPump, FirstMonitor, FirstLoop, LoopType, LoopUser, Weight, Height,
    InsulinPerDay, BasalPerDay, CarbsPerDay, A1c, A1cDate,
}

/// <summary>A survey and the headings it asks its questions under.</summary>
/// <param name="Name">As in column <c>google_sheets_source</c>.</param>
public sealed record Survey(string Name, IReadOnlyDictionary<Question, string> Headings)
{
    static readonly Dictionary<Question, string> Common = new()
    {
        [Question.Time] = "Timestamp",
        [Question.Gender] = "Gender",
        [Question.FirstMonitor] = "When did you first go on a continuous glucose monitor (CGM)?",
        [Question.FirstLoop] = "When did you first start using a DIY closed loop?",
        [Question.LoopType] = "What type of DIY close loop technology do you use? Select all that you actively use:",
        [Question.Weight] = "How much do you weigh?",
        [Question.Height] = "How tall are you?",
        [Question.InsulinPerDay] = "How many units of insulin do you take per day?",
        [Question.BasalPerDay] = "How many units of basal insulin do you take per day, on average?",
        [Question.CarbsPerDay] = "On average, how many grams of carbohydrates do you eat in a day?",
        [Question.A1c] = "What was your last lab-reported A1C?",
        [Question.A1cDate] = "When was your last lab-reported A1C?",
    };

    public static readonly Survey OpenAps = new("openaps", new Dictionary<Question, string>(Common)
    {
        [Question.Member] = "Your OpenHumans OpenAPS Data Commons \"project member ID\"",
        [Question.Born] = "When were you born?",
        [Question.Ethnicity] = "Ethnicity origin:",
        [Question.Country] = "What country do you live in?",
        [Question.Diagnosed] = "When were you diagnosed with diabetes?",
        [Question.FirstPump] = "When did you first go on an insulin pump?",
        [Question.LoopUser] = "Do you yourself have diabetes, or are you filling out this form for a child/loved one who has diabetes?",
    });

    public static readonly Survey Nightscout = new("nightscout", new Dictionary<Question, string>(Common)
    {
        [Question.Member] = "Your Nightscout Data Commons \"project member ID\"",
        [Question.Born] = "Year of birth",
        [Question.Ethnicity] = "Race/Ethnicity",
        [Question.Country] = "Country of residence?",
        [Question.Diagnosed] = "Diagnosis date of diabetes:",
        [Question.FirstPump] = "When did you/your child first go on an insulin pump?",
        [Question.LoopUser] = "Please describe your relationship to the individual who is donating their data:",
    });
}
