from easel.gateway.access.limit_headers import (
    IMAGES,
    RATE,
    LimitState,
    begin_limit_notes,
    limit_headers,
    note_images,
    render_limits,
)


def test_several_limits_are_one_list_each() -> None:
    headers = render_limits(
        {
            RATE: LimitState(60, 60.0, 12, 7.2),
            IMAGES: LimitState(500, 86_400.0, 0, 3600.0),
        }
    )
    assert headers == {
        "RateLimit-Policy": '"rate";q=60;w=60, "images-per-day";q=500;w=86400',
        "RateLimit": '"rate";r=12;t=8, "images-per-day";r=0;t=3600',
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "12",
        "x-ratelimit-reset-requests": "8s",
        "x-ratelimit-limit-images": "500",
        "x-ratelimit-remaining-images": "0",
        "x-ratelimit-reset-images": "3600s",
    }


def test_a_request_does_not_inherit_the_notes_of_the_one_before() -> None:
    begin_limit_notes()
    note_images(100, 50, 10.0)
    assert limit_headers()
    begin_limit_notes()
    assert limit_headers() == {}
