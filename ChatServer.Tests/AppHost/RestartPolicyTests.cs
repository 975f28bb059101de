using ChatServer.AppHost.Restarts;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.AppHost;

public sealed class RestartPolicyTests
{
    private const int Killed = -1;

    private readonly FakeTimeProvider _time = new();
    private readonly RestartPolicy _policy;

    public RestartPolicyTests() => _policy = new RestartPolicy(_time);

    [Fact]
    public void Delays_double_from_200_ms_to_10_s() => Assert.Equal(
        [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10],
        Enumerable.Range(0, 8).Select(_ => Math.Round(_policy.OnStopped(Killed)!.Value.TotalSeconds, 6)));

    [Fact]
    public void One_minute_of_health_resets_the_delay()
    {
        for (var i = 0; i < 5; i++) _policy.OnStopped(Killed);
        _policy.OnHealthy();
        _time.Advance(RestartPolicy.ResetAfter);

        Assert.Equal(RestartPolicy.MinDelay, _policy.OnStopped(Killed));
    }

    [Fact]
    public void Less_than_a_minute_of_health_keeps_the_delay()
    {
        _policy.OnStopped(Killed);
        _policy.OnHealthy();
        _time.Advance(RestartPolicy.ResetAfter - TimeSpan.FromSeconds(1));
        _policy.OnUnhealthy();
        _policy.OnHealthy();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(RestartPolicy.MinDelay * 2, _policy.OnStopped(Killed));
    }

    [Fact]
    public void Exit_code_0_is_no_crash() => Assert.Null(_policy.OnStopped(0));

    [Fact]
    public void A_process_that_never_started_is_not_restarted() => Assert.Null(_policy.OnStopped(null));

    [Fact]
    public void Exit_code_1_before_the_first_health_is_an_invalid_setting() => Assert.Null(_policy.OnStopped(1));

    [Fact]
    public void Exit_code_1_after_health_is_a_crash()
    {
        _policy.OnHealthy();
        Assert.Equal(RestartPolicy.MinDelay, _policy.OnStopped(1));
    }

    [Fact]
    public void A_stop_by_a_user_is_no_crash_but_the_next_one_is()
    {
        _policy.OnHealthy();
        _policy.OnStopRequested();
        Assert.Null(_policy.OnStopped(Killed));

        _policy.OnHealthy();
        Assert.Equal(RestartPolicy.MinDelay, _policy.OnStopped(Killed));
    }
}
