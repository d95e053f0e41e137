using Dapper;
using Npgsql;
using OpenHumans;
using Polly;
using Polly.Retry;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>The operator command <c>load-project</c>: a first load of all that the members of an Open Humans project share, with the project's master token.</summary>
/// <remarks>Killed at any point it goes on with what is missing when it is run again. It goes by the same consent and the same ledger as the service, which may run beside it.</remarks>
public sealed class LoadProject(
    OpenHumansProject project, MasterTokenOptions masterToken, Participants participants, ConsentLedger ledger, ConsentFile consentFile, ConsentGate gate, Withdrawal withdrawal, DueLoads due,
    AccountFiles files, Derived.Summaries summaries, SecretBox secrets, NpgsqlDataSource db, EtlOptions options, LoadReport report)
{
    /// <summary>Accounts read at the same time, however many cores there are: each listing costs Open Humans a row per file.</summary>
    const int MostAtOnce = 4;

    /// <summary>Listings without a file loaded in between, after which what is missing is believed to be missing.</summary>
    const int ListingAttempts = 5;

    /// <summary>Requests that failed one after the other, each of them tried several times, after which Open Humans is left alone.</summary>
    const int MostFailuresInRow = 10;

    readonly ResiliencePipeline _patiently = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = failed => new(failed.Outcome.Exception is { } problem && Cause.IsNoAnswer(problem)),
        MaxRetryAttempts = 3,
        Delay = options.RetryPause,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
    }).Build();

    string _token = "";
    int _failuresInRow;

    /// <summary>How far the account of one member is.</summary>
    sealed class Account(ProjectMember member)
    {
        public ProjectMember Member => member;

        /// <summary>Files the report expects of it: at first all it has, then those that are data files of ours.</summary>
        public int Expected { get; set; } = member.Files;
        public HashSet<string> Tried { get; } = [];
        public HashSet<string> Gone { get; } = [];
        public int LoadedBefore { get; set; } = -1;
        public int Files { get; set; }
        public long Rows { get; set; }
    }

    /// <returns>As of <see cref="LoadCommand.RunAsync"/>.</returns>
    public static Task<int> RunAsync(CancellationToken cancellationToken) =>
        LoadCommand.RunAsync((services, report, token) => ActivatorUtilities.CreateInstance<LoadProject>(services, report).LoadAsync(token), cancellationToken);

    /// <returns>0, or 1 when something is not loaded that could be.</returns>
    /// <exception cref="CannotStartException">No token, a wrong one, no answer, or no work folder.</exception>
    public async Task<int> LoadAsync(CancellationToken cancellationToken)
    {
        _token = masterToken.Read();
        await CheckWorkFolderAsync();
        var (name, members) = await AskForMembersAsync(cancellationToken);
        var (loaded, begun) = await files.CountLoadedAsync(cancellationToken);
        report.Say($"Project \"{name}\": {LoadReport.Count(members.Count, "member")}, {LoadReport.Count(members.Sum(member => (long)member.Files), "file")} in their accounts.");
        if (loaded + begun > 0)
            report.Say($"Going on: {LoadReport.Count(loaded, "file")} of Open Humans loaded already{(begun == 0 ? "" : $", {begun:N0} in part")}; only what is missing is read.");
        report.Expect(members.Count, members.Sum(member => (long)member.Files), members.Sum(member => (double)member.Files));
        return await LoadCommand.LoadAllAsync(members, Math.Min(options.Concurrency, MostAtOnce), report, summaries, LoadMemberAsync, cancellationToken);
    }

    async Task CheckWorkFolderAsync()
    {
        try
        {
            await using var probe = TemporaryFile.Create(options.WorkFolder, "etl");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException("The work folder cannot be written to: see to its rights, or set Etl__WorkFolder to another.");
        }
    }

    async Task<(string Name, IReadOnlyList<ProjectMember> Members)> AskForMembersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await project.NameAsync(_token, cancellationToken), await project.MembersAsync(_token, cancellationToken));
        }
        catch (OpenHumansRefusedException)
        {
            throw new CannotStartException("Open Humans does not accept the master token: it is another project's, a member's, or older than 24 hours. Make a new one on openhumans.org, on the page of your project.");
        }
        catch (OpenHumansException problem)
        {
            throw new CannotStartException($"{problem.Message.TrimEnd('.')}. Try again later; if it stays so, look at the setting OpenHumans__BaseUrl.");
        }
    }

    async Task LoadMemberAsync(ProjectMember member, CancellationToken cancellationToken)
    {
        var account = new Account(member);
        var outcome = Outcome.Unexpected;
        var who = "a member";
        try
        {
            if (await WasErasedAsync(member.ProjectMemberId, cancellationToken))
            {
                report.Say("a member: left out: they were erased here; they come back by signing in on the registration site");
                report.Expect(0, -account.Expected, -account.Expected);
                report.MemberDone();
                return;
            }
            var participant = await participants.FindAsync(await ledger.RecordAsync(member.ProjectMemberId, ConsentLedger.File, null, "", cancellationToken), cancellationToken);
            who = $"participant {participant.ParticipantId}";
            outcome = await LoadAccountAsync(account, participant, cancellationToken);
            if (outcome == Outcome.NotShared)
                await withdrawal.RunAsync(participant.ParticipantId, cancellationToken); // the service, whose job it is, may not be running yet
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested && !Cause.Of(problem).Ends)
        {
            report.Fail(who, problem);
        }
        var without = account.Expected - account.Tried.Count - Math.Max(0, account.LoadedBefore);
        report.Expect(0, -without, -without); // of who shares nothing, or could not be read
        report.MemberDone(outcome is Outcome.NotShared or Outcome.ConsentFileMissing, outcome is Outcome.Suspended);
        if (account.Files > 0)
            report.Note($"{who}: {LoadReport.Count(account.Files, "file")}, {LoadReport.Count(account.Rows, "row")}");
    }

    /// <summary>And has not come back: a project's member stays one when an operator erases them here.</summary>
    async Task<bool> WasErasedAsync(string member, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await Erasures.IsErasedAsync(member, secrets, connection, cancellationToken)
            && !await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from register.participant where project_member_id = @member)", new { member }, cancellationToken: cancellationToken));
    }

    async Task<Outcome> LoadAccountAsync(Account account, Participant participant, CancellationToken cancellationToken)
    {
        await due.EnrolAsync(participant.ParticipantId, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var before = account.Files;
            try
            {
                return await LoadListedAsync(account, participant, isLast: attempt == ListingAttempts, cancellationToken);
            }
            catch (Exception change) when (change is OpenHumansFileGoneException or ConsentChangedMeanwhileException && attempt < ListingAttempts)
            {
                if (account.Files > before)
                    attempt = 0; // a listing is good for an hour: a large account needs several
            }
        }
    }

    async Task<Outcome> LoadListedAsync(Account account, Participant participant, bool isLast, CancellationToken cancellationToken)
    {
        var consent = await ledger.CurrentAsync(participant.ParticipantId, cancellationToken);
        if (ConsentGate.BeforeListing(participant, consent) is { } refused)
            return refused;
        var membership = await AskAsync(token => project.ListAsync(_token, participant.ProjectMemberId, token), cancellationToken);
        await AskAsync(async token =>
        {
            await consentFile.ReadAsync(participant, consent, membership, token);
            return true;
        }, cancellationToken);
        if (await gate.AfterListingAsync(participant, cancellationToken) is { } hidden)
            return hidden;

        var (missing, loaded) = await files.FindAsync(participant, membership, cancellationToken);
        missing = [.. missing.Where(file => !account.Tried.Contains(file.Key))];
        if (account.LoadedBefore < 0)
            report.LoadedBefore(account.LoadedBefore = loaded);
        var expected = account.LoadedBefore + account.Tried.Count + missing.Count;
        report.Expect(0, expected - account.Expected, expected - account.Expected);
        account.Expected = expected;
        foreach (var file in missing)
            await LoadFileAsync(account, participant, file, isLast, cancellationToken);
        return Outcome.Loaded;
    }

    /// <exception cref="OpenHumansFileGoneException">The listing may be too old: another is needed.</exception>
    /// <exception cref="ConsentChangedMeanwhileException">Nothing is shared any more.</exception>
    async Task LoadFileAsync(Account account, Participant participant, ListedFile file, bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = await AskAsync(token => files.DownloadAsync(file, token), cancellationToken);
            var result = await files.LoadAsync(participant, content, null, report, cancellationToken);
            if (result.End == LoadEnd.NotShared)
                throw new ConsentChangedMeanwhileException();
            account.Files++;
            account.Rows += result.Counts.Read;
            report.FileDone(file.Collection, result.Counts, work: 1);
        }
        catch (OpenHumansFileGoneException) when (!isLast && account.Gone.Add(file.Key))
        {
            throw;
        }
        catch (Exception problem) when (problem is not ConsentChangedMeanwhileException && !cancellationToken.IsCancellationRequested && !Cause.Of(problem).Ends)
        {
            report.Fail($"participant {participant.ParticipantId}, {file.Collection} {file.Period.Name} ({file.Key})", problem, work: 1);
        }
        account.Tried.Add(file.Key);
    }

    async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _patiently.ExecuteAsync(async token => await ask(token), cancellationToken);
            Interlocked.Exchange(ref _failuresInRow, 0);
            return answer;
        }
        catch (OpenHumansTemporaryException problem) when (Cause.IsNoAnswer(problem) && Interlocked.Increment(ref _failuresInRow) >= MostFailuresInRow)
        {
            throw new OpenHumansOutOfReachException();
        }
    }
}
