# SPDX-License-Identifier: ISC
"""One tab: where it goes, what it asked the server for, and what it complained about."""

import base64
import time

from chromium import ANSWER, Refused

STILL = 0.1  # seconds without anything under way: then a page is complete


class Request:
    """What was asked for, and what was answered: on the wire, not as the page sees it."""

    def __init__(self, url, kind):
        self.url = url
        self.kind = kind  # Document, Stylesheet, Image, Media, …
        self.sent = {}  # fields of the request, names in lower case; empty if it was never sent
        self.status = None
        self.fields = {}  # of the response
        self.cached = False  # answered from the cache without asking
        self.secure = False
        self.failed = None  # why
        self.ended = False
        self.promised = 0  # events that tell what was on the wire; they come when they like

    def complete(self):
        # A medium is read as it is played: it need not end.
        return (self.ended or self.kind == "Media") and self.promised <= 0


def _lower(fields):
    return {name.lower(): value for name, value in fields.items()}


class Tab:
    def __init__(self, chromium):
        self.chromium = chromium
        self.target = chromium.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = chromium.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        self.requests = {}
        self.complaints = []
        self.loads = 0
        self.frame = None
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def call(self, method, **parameters):
        return self.chromium.call(method, self.session, **parameters)

    def close(self):
        self.chromium.call("Target.closeTarget", targetId=self.target)

    def forget(self):
        """Only what is asked for and complained about from now on."""
        self.notice()
        self.requests.clear()
        self.complaints.clear()

    # ---- events ----

    def notice(self):
        """Take in what has happened so far."""
        events, self.chromium.events = self.chromium.events, []
        for event in events:
            if event.get("sessionId") != self.session:
                continue
            handler = getattr(self, "_on_" + event["method"].replace(".", "_"), None)
            if handler:
                handler(event["params"])

    def _on_Page_loadEventFired(self, _):
        self.loads += 1

    def _on_Runtime_consoleAPICalled(self, event):
        if event["type"] in ("error", "warning", "assert"):
            words = [str(each.get("value", each.get("description"))) for each in event["args"]]
            self.complaints.append(f"console.{event['type']}: {' '.join(words)}")

    def _on_Runtime_exceptionThrown(self, event):
        details = event["exceptionDetails"]
        self.complaints.append(f"exception: {details.get('exception', {}).get('description', details['text'])}")

    def _on_Log_entryAdded(self, event):
        entry = event["entry"]
        if entry["level"] in ("error", "warning"):
            self.complaints.append(f"{entry['source']} {entry['level']}: {entry['text']} {entry.get('url', '')}")

    def _request(self, event):
        return self.requests.setdefault(event["requestId"], Request("", ""))

    def _on_Network_requestWillBeSent(self, event):
        number = event["requestId"]
        if "redirectResponse" in event and number in self.requests:
            before = self.requests.pop(number)
            before.status = event["redirectResponse"]["status"]
            before.ended = True
            self.requests[f"{number} {len(self.requests)}"] = before
            # What is still promised of it comes under the same number.
            promised, before.promised = before.promised, 0
            self._request(event).promised = promised + (2 if event["redirectHasExtraInfo"] else 0)
        request = self._request(event)
        request.url = event["request"]["url"]
        request.kind = event.get("type", "")

    def _on_Network_requestWillBeSentExtraInfo(self, event):
        request = self._request(event)
        request.promised -= 1
        request.sent = _lower(event["headers"])

    def _on_Network_responseReceivedExtraInfo(self, event):
        request = self._request(event)
        request.promised -= 1
        request.status = event["statusCode"]
        request.fields = _lower(event["headers"])

    def _on_Network_responseReceived(self, event):
        request, response = self._request(event), event["response"]
        request.cached |= response.get("fromDiskCache", False)
        request.secure = response["securityState"] == "secure"
        # What is still in memory is answered as it was, promises and all.
        request.promised += 2 if event["hasExtraInfo"] and not request.cached else 0
        if request.status is None:
            request.status = response["status"]
            request.fields = _lower(response["headers"])

    def _on_Network_requestServedFromCache(self, event):
        self._request(event).cached = True

    def _on_Network_loadingFinished(self, event):
        self._request(event).ended = True

    def _on_Network_loadingFailed(self, event):
        request = self._request(event)
        request.ended = True
        request.promised = 0
        request.failed = event["errorText"]

    # ---- waiting ----

    def until(self, what, condition, seconds=ANSWER):
        """Let things happen until the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                left = [each.url for each in self.requests.values() if not each.complete()]
                raise Refused(f"{what}: not within {seconds} s; not complete: {left}")
            self.chromium.listen(0.1)
            self.notice()

    def _nothing_under_way(self):
        return all(each.complete() for each in self.requests.values())

    def _settle(self, loads):
        self.until("the page is loaded", lambda: self.loads > loads)
        self.until("nothing is under way", self._nothing_under_way)
        while self.chromium.listen(STILL):
            self.notice()

    # ---- going somewhere ----

    def go(self, url):
        """As if typed. Answers the request for the page itself."""
        self.notice()
        loads = self.loads
        answer = self.call("Page.navigate", url=url)
        if "errorText" in answer:
            raise Refused(f"{url}: {answer['errorText']}")
        self._settle(loads)
        return self.page()

    def follow(self, action):
        """Whatever the action does makes another page load."""
        self.notice()
        loads = self.loads
        action()
        self._settle(loads)
        return self.page()

    def reload(self):
        return self.follow(lambda: self.call("Page.reload"))

    def history(self, steps):
        known = self.call("Page.getNavigationHistory")
        entry = known["entries"][known["currentIndex"] + steps]
        return self.follow(lambda: self.call("Page.navigateToHistoryEntry", entryId=entry["id"]))

    def page(self):
        """The last request for a page."""
        pages = [each for each in self.requests.values() if each.kind == "Document"]
        return pages[-1] if pages else None

    # ---- looking and touching ----

    def value(self, expression, wait=False):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=wait)
        if "exceptionDetails" in answer:
            raise Refused(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def view(self, width, height, ratio=1, phone=False, scheme="light"):
        """The window, its pixels per pixel, fingers or a mouse, and the colours asked for."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=ratio,
            mobile=phone,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self.phone = phone

    def picture(self):
        """What the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def press(self, element):
        """A click or a tap on the middle of what a JavaScript expression finds."""
        x, y = self.value(
            f"""(() => {{
                const box = (e => (e.scrollIntoView({{block: "center", behavior: "instant"}}),
                    e.getClientRects()[0]))({element});
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        if self.phone:
            self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
            self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            return
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
